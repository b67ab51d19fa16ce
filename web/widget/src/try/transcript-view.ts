import type { Line } from "../call";
import { elements } from "./elements";

/** Within this distance of its end the transcript follows what is said. */
const FOLLOW_PX = 80;

/** Draws the lines of one call; settled lines are also told to screen readers. */
export class TranscriptView {
  readonly #items = new Map<string, HTMLLIElement>();

  constructor(private readonly agentName: string) {}

  clear(): void {
    this.#items.clear();
    elements.transcript.replaceChildren();
    elements.announcer.textContent = "";
  }

  put(line: Line): void {
    const { scroller, transcript, announcer } = elements;
    const follow = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < FOLLOW_PX;
    let item = this.#items.get(line.key);
    if (item === undefined) {
      item = newItem(line.who === "visitor" ? "You" : this.agentName);
      this.#items.set(line.key, item);
      transcript.append(item);
    }
    item.dataset["who"] = line.who;
    item.dataset["final"] = String(line.final);
    item.dataset["failed"] = String(line.failed);
    const text = item.lastElementChild;
    if (text !== null) text.textContent = line.text;
    if (line.final && line.who === "agent") announcer.textContent = `${this.agentName}: ${line.text}`;
    if (line.final && line.who === "visitor") announcer.textContent = `You: ${line.text}`;
    if (follow) scroller.scrollTop = scroller.scrollHeight;
  }

  remove(key: string): void {
    this.#items.get(key)?.remove();
    this.#items.delete(key);
  }
}

function newItem(speaker: string): HTMLLIElement {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.className = "speaker";
  name.textContent = speaker;
  const text = document.createElement("p");
  text.dir = "auto";
  item.append(name, text);
  return item;
}
