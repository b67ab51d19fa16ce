import { elements } from "./elements";

/** The field for typed messages: Enter sends, Shift+Enter breaks the line. */
export class Composer {
  /** `send`: false if the text was not sent; then it stays in the field. */
  constructor(private readonly send: (text: string) => boolean) {
    const { composer, text } = elements;
    composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    text.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    text.addEventListener("input", () => this.#fit());
  }

  enable(enabled: boolean): void {
    elements.text.readOnly = !enabled;
    elements.text.setAttribute("aria-disabled", String(!enabled));
    elements.send.disabled = !enabled;
  }

  #submit(): void {
    const { text, send } = elements;
    if (send.disabled || text.value.trim() === "") return;
    if (!this.send(text.value)) return;
    text.value = "";
    this.#fit();
  }

  #fit(): void {
    const { text } = elements;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
  }
}
