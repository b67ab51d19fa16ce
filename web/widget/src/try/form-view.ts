import type { Forms, FormField, OpenForm } from "../call";
import { elements } from "./elements";

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const INPUT_TYPES: Record<string, string> = {
  email: "email",
  tel: "tel",
  number: "number",
  date: "date",
  time: "time",
  checkbox: "checkbox",
};

/** Draws the form that is open in a call; the visitor fills it together with the agent. */
export class FormView {
  readonly #controls = new Map<string, Control>();
  #forms: Forms | null = null;
  #shown: OpenForm | null = null;
  #step = -1;

  constructor() {
    elements.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#onNext();
    });
    elements.formBack.addEventListener("click", () => this.#forms?.goTo(this.#step - 1));
    elements.formClose.addEventListener("click", () => this.#forms?.close());
  }

  /** Shows the forms of a call. */
  follow(forms: Forms): void {
    this.#forms = forms;
    forms.on("changed", (open) => this.#draw(open));
    forms.on("refused", ({ message, errors }) => {
      elements.formFault.textContent = [message, ...Object.values(errors)].join(" ");
    });
  }

  #onNext(): void {
    if (this.#shown === null) return;
    if (this.#step < this.#shown.steps.length - 1) this.#forms?.goTo(this.#step + 1);
    else void this.#forms?.submit();
  }

  #draw(open: OpenForm | null): void {
    elements.formPanel.hidden = open === null;
    elements.formFault.textContent = "";
    if (open !== null && (open !== this.#shown || open.step !== this.#step)) this.#drawStep(open);
    [this.#shown, this.#step] = [open, open?.step ?? -1];
    for (const [name, control] of this.#controls) write(control, open?.values[name] ?? "");
  }

  #drawStep({ definition, steps, step }: OpenForm): void {
    const last = step === steps.length - 1;
    elements.formTitle.textContent = definition.title;
    const where = steps.length > 1 ? `Step ${step + 1} of ${steps.length}. ${steps[step]?.title ?? ""}` : "";
    elements.formSubtitle.textContent = where || definition.subtitle || "";
    elements.formBack.hidden = step === 0;
    elements.formNext.textContent = last ? definition.submit_label || "Submit" : "Next";
    this.#controls.clear();
    elements.formFields.replaceChildren(...(steps[step]?.fields ?? []).map((field) => this.#row(field)));
    elements.formPanel.scrollTop = 0;
  }

  #row(field: FormField): HTMLElement {
    if (field.type === "display") {
      const shown = document.createElement("p");
      shown.textContent = field.label ?? "";
      return shown;
    }
    const row = document.createElement("label");
    row.className = "form-row";
    const label = document.createElement("span");
    label.textContent = `${field.label || field.name}${field.required ? " *" : ""}`;
    const control = controlOf(field);
    control.addEventListener("input", () => this.#forms?.set(field.name, read(control)));
    this.#controls.set(field.name, control);
    row.append(label, control);
    if (field.help_text) {
      const help = document.createElement("small");
      help.textContent = field.help_text;
      row.append(help);
    }
    return row;
  }
}

function controlOf(field: FormField): Control {
  const control = elementOf(field);
  control.name = field.name;
  control.required = field.required === true;
  if (control instanceof HTMLSelectElement) return control;
  control.placeholder = field.placeholder ?? "";
  const bounded = ["number", "date", "time"].includes(field.type ?? "");
  const [low, high] = bounded ? ["min", "max"] : ["minlength", "maxlength"];
  if (field.min != null) control.setAttribute(low ?? "", String(field.min));
  if (field.max != null) control.setAttribute(high ?? "", String(field.max));
  if (field.pattern && control instanceof HTMLInputElement) control.pattern = field.pattern;
  return control;
}

function elementOf(field: FormField): Control {
  if (field.type === "textarea") return document.createElement("textarea");
  if (field.type === "select" || field.type === "radio") {
    const select = document.createElement("select");
    const options = (field.options ?? []).map((option) => (typeof option === "string" ? { value: option } : option));
    select.append(new Option("", ""), ...options.map(({ value, label }) => new Option(label || value, value)));
    return select;
  }
  const input = document.createElement("input");
  input.type = INPUT_TYPES[field.type ?? ""] ?? "text";
  return input;
}

function read(control: Control): string {
  if (control instanceof HTMLInputElement && control.type === "checkbox") return String(control.checked);
  return control.value;
}

function write(control: Control, value: string): void {
  if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === "true";
  else if (control.value !== value) control.value = value;
}
