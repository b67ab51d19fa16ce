import { Meter, type AgentState, type CallEvents } from "../call";
import { elements } from "./elements";

/** Speech rarely fills the meter's range. */
const GAIN = 2.2;

/** The disc that moves with whoever speaks. */
export class Orb {
  readonly #meter = new Meter();
  #tracks: CallEvents["tracks"] = { visitor: null, agent: null };
  #agent: AgentState = "absent";
  #frame = 0;

  start(): void {
    this.stop();
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    const draw = () => {
      const level = still.matches ? 0 : Math.min(1, this.#meter.level * GAIN);
      elements.orb.style.setProperty("--level", level.toFixed(3));
      this.#frame = requestAnimationFrame(draw);
    };
    this.#frame = requestAnimationFrame(draw);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#tracks = { visitor: null, agent: null };
    this.#meter.watch(null);
    elements.orb.style.setProperty("--level", "0");
  }

  tracks(tracks: CallEvents["tracks"]): void {
    this.#tracks = tracks;
    this.#choose();
  }

  agent(state: AgentState): void {
    this.#agent = state;
    this.#choose();
  }

  #choose(): void {
    const speaking = this.#agent === "speaking";
    this.#meter.watch(speaking ? this.#tracks.agent : this.#tracks.visitor);
  }
}
