import { Emitter } from "./emitter";
import type { Reply } from "./topics";

export interface Line {
  /** Unique in this transcript. */
  key: string;
  who: "visitor" | "agent";
  text: string;
  /** The text will not change any more. */
  final: boolean;
  /** Typed text that did not reach the agent. */
  failed: boolean;
}

export interface TranscriptEvents {
  line: Line;
  removed: string;
}

/** Oldest lines and oldest unanswered echoes are dropped above these. */
const LINES_LIMIT = 500;
const ECHOES_LIMIT = 50;

/** The lines of one call in the order in which they began; emits each line as it appears or changes. */
export class Transcript extends Emitter<TranscriptEvents> {
  readonly #lines = new Map<string, Line>();
  /** Typed texts that the agent will echo; the agent's echo looks like a transcript of speech. */
  readonly #echoes: string[] = [];
  #count = 0;

  get lines(): readonly Line[] {
    return [...this.#lines.values()];
  }

  /** Shows a typed text at once; returns its key for `failed`. */
  typed(text: string): string {
    const trimmed = text.trim();
    this.#echoes.push(trimmed);
    if (this.#echoes.length > ECHOES_LIMIT) this.#echoes.shift();
    return this.#put({ key: this.#newKey(), who: "visitor", text: trimmed, final: true, failed: false });
  }

  /** Marks a typed text as not sent; no echo of it will come. */
  failed(key: string): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    this.#takeEcho(line.text);
    this.#put({ ...line, failed: true });
  }

  /** Takes a partial or final text of either side. */
  apply({ who, text, id, final }: Reply): void {
    if (who === "visitor" && final && this.#takeEcho(text)) return;
    const key = id === null ? this.#newKey() : `${who}:${id}`;
    const known = this.#lines.get(key);
    if (known?.final === true) return;
    if (known === undefined && who === "visitor") this.#dropUnheard();
    if (text !== "") this.#put({ key, who, text, final, failed: false });
    else if (known !== undefined) this.#remove(key);
  }

  /** Settles what was still partial when the call ended. */
  close(): void {
    for (const line of this.#lines.values()) {
      if (!line.final) this.#put({ ...line, final: true });
    }
  }

  /** What began as the visitor's speech and got no final before the next was noise. */
  #dropUnheard(): void {
    for (const { key, who, final } of this.lines) {
      if (who === "visitor" && !final) this.#remove(key);
    }
  }

  #takeEcho(text: string): boolean {
    const index = this.#echoes.indexOf(text.trim());
    if (index >= 0) this.#echoes.splice(index, 1);
    return index >= 0;
  }

  #put(line: Line): string {
    this.#lines.set(line.key, line);
    this.emit("line", line);
    if (this.#lines.size > LINES_LIMIT) {
      const [oldest] = this.#lines.keys();
      if (oldest !== undefined) this.#remove(oldest);
    }
    return line.key;
  }

  #remove(key: string): void {
    this.#lines.delete(key);
    this.emit("removed", key);
  }

  #newKey(): string {
    this.#count += 1;
    return `line:${this.#count}`;
  }
}
