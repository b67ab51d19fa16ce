import { elements } from "./elements";
import { duration } from "./words";

const TICK_MS = 250;

/** The length of the call, from the agent's arrival on. */
export class Clock {
  #startedMs = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  start(): void {
    if (this.#timer !== null) return;
    this.#startedMs = performance.now();
    this.#timer = setInterval(() => this.#draw(), TICK_MS);
    this.#draw();
    elements.clock.hidden = false;
  }

  /** Stops and leaves the length standing. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  reset(): void {
    this.stop();
    elements.clock.hidden = true;
  }

  #draw(): void {
    elements.clock.textContent = duration((performance.now() - this.#startedMs) / 1000);
  }
}
