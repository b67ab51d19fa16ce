import type { RemoteParticipant, Room } from "livekit-client";
import { Emitter } from "./emitter";
import { MESSAGE_LIMIT_BYTES, parseObject, USER_TEXT } from "./topics";

/** A form of the agent's appearance; what a page needs of it. */
export interface FormDefinition {
  id: string;
  title: string;
  subtitle?: string;
  fields?: FormField[];
  steps?: FormStep[];
  submit_url?: string | null;
  submit_method?: string;
  submit_label?: string;
  success_message?: string;
  disabled?: boolean;
  topics?: string[];
  confirmation_topic?: string;
  confirmation_type?: string | null;
}

export interface FormStep {
  title?: string;
  fields: FormField[];
}

export interface FormField {
  name: string;
  type?: string;
  label?: string;
  required?: boolean;
  placeholder?: string;
  options?: (string | { value: string; label?: string })[];
  default_value?: string | number | boolean | null;
  help_text?: string;
  pattern?: string;
  min?: string | number | null;
  max?: string | number | null;
}

/** A form that is open. `values`: of all steps, by field name. */
export interface OpenForm {
  definition: FormDefinition;
  steps: FormStep[];
  step: number;
  values: Record<string, string>;
}

export interface FormsEvents {
  /** The form that is open, with what it holds now; null when there is none. */
  changed: OpenForm | null;
  /** It was submitted; the definition's text for that, which may be empty. */
  submitted: string;
  /** It was not submitted. `errors`: by field name. */
  refused: { message: string; errors: Record<string, string> };
}

const STATE_TOPIC = "form.state";
const CONTROL_TOPIC = "form.control";
const STATE_INTERVAL_MS = 250;
/** The agent waits 12 s for the outcome of a submission. */
const SUBMIT_LIMIT_MS = 10_000;

/** The forms of an agent. Raises when they cannot be read. `apiUrl`: as of `SessionRequest`. */
export async function readForms(apiUrl: string, agent: string): Promise<FormDefinition[]> {
  const address = `${apiUrl}/api/agents/${encodeURIComponent(agent)}/appearance/`;
  const answer = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout(SUBMIT_LIMIT_MS) });
  if (!answer.ok) throw new Error(`The appearance of ${agent} answered ${answer.status}.`);
  const { forms } = (await answer.json()) as { forms?: FormDefinition[] };
  return (forms ?? []).filter((form) => form.disabled !== true);
}

/** Opens the forms of one call as the agent asks, and tells the agent what happens to them (docs/forms.md). */
export class Forms extends Emitter<FormsEvents> {
  readonly #byTopic = new Map<string, FormDefinition>();
  #open: OpenForm | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #submitting = false;

  /** `sessionId`: of the call, once it is known. */
  constructor(
    private readonly room: Room,
    private readonly apiUrl: string,
    private readonly agent: string,
    private readonly sessionId: () => string,
    forms: FormDefinition[],
  ) {
    super();
    for (const form of forms) {
      for (const topic of [`form.${form.id}`, `${form.id}.form`, ...(form.topics ?? [])]) this.#byTopic.set(topic, form);
    }
    room.on("dataReceived", (payload, participant, _, topic) => this.#onData(payload, participant, topic));
  }

  /** The visitor has changed a value. */
  set(name: string, value: string): void {
    if (this.#open === null) return;
    this.#open.values[name] = value;
    this.#timer ??= setTimeout(() => this.#tellState(), STATE_INTERVAL_MS);
  }

  goTo(step: number): void {
    const open = this.#open;
    if (open === null || open.steps[step] === undefined) return;
    open.step = step;
    this.#changed();
  }

  /** Closes the form without submitting it. */
  close(): void {
    if (this.#open === null) return;
    this.#tellState(false);
    this.#open = null;
    this.emit("changed", null);
  }

  /** Forgets the form that is open; the call has ended. */
  end(): void {
    clearTimeout(this.#timer);
    this.#open = null;
    this.emit("changed", null);
  }

  async submit(): Promise<void> {
    const open = this.#open;
    if (open === null || this.#submitting) return;
    this.#submitting = true;
    const outcome = await this.#send(open).finally(() => (this.#submitting = false));
    if (this.#open !== open) return;
    const { id, confirmation_type, confirmation_topic, success_message } = open.definition;
    if (outcome !== null) {
      this.#publish(STATE_TOPIC, { type: "form_submit_failed", form_id: id, ...outcome });
      const errors = Object.entries(outcome.errors).map(([path, texts]) => [path.replace(/^values\./, ""), texts[0] ?? ""]);
      this.emit("refused", { message: outcome.message, errors: Object.fromEntries(errors) as Record<string, string> });
      return;
    }
    this.#publish(confirmation_topic ?? USER_TEXT, { type: confirmation_type ?? `${id}_submitted`, form: open.values });
    this.close();
    this.emit("submitted", success_message ?? "");
  }

  /** The refusal of a submission; null if it was taken. */
  async #send({ definition, values }: OpenForm): Promise<Failure | null> {
    const { id, submit_url, submit_method } = definition;
    const managed = `${this.apiUrl}/api/agents/${encodeURIComponent(this.agent)}/form-responses/`;
    const own = submit_url && this.apiUrl ? new URL(submit_url, this.apiUrl) : submit_url;
    const body = submit_url ? values : { form_id: id, session_id: this.sessionId(), values };
    try {
      const answer = await fetch(own || managed, {
        method: (submit_url && submit_method) || "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        credentials: "omit",
        signal: AbortSignal.timeout(SUBMIT_LIMIT_MS),
      });
      if (answer.ok) return null;
      const told = (await answer.json().catch(() => ({}))) as Partial<Failure>;
      return { status: answer.status, message: told.message ?? "The form was not accepted.", errors: told.errors ?? {} };
    } catch {
      return { status: 0, message: "The form could not be sent.", errors: {} };
    }
  }

  #onData(payload: Uint8Array, participant: RemoteParticipant | undefined, topic: string | undefined): void {
    if (participant?.isAgent !== true || topic === undefined || payload.byteLength > MESSAGE_LIMIT_BYTES) return;
    const form = this.#byTopic.get(topic);
    if (form === undefined && topic !== CONTROL_TOPIC) return;
    const message = parseObject(payload);
    if (message === null) return;
    if (form !== undefined) this.#onOpening(form, object(message["form"]) ?? message);
    else if (this.#open !== null && message["form_id"] === this.#open.definition.id) this.#onControl(message);
  }

  /** The same opening comes on every topic of the form. */
  #onOpening(definition: FormDefinition, values: Record<string, unknown>): void {
    if (this.#open?.definition !== definition) {
      this.close();
      const steps = definition.steps?.length ? definition.steps : [{ fields: definition.fields ?? [] }];
      const fields = steps.flatMap((step) => step.fields).filter((field) => field.type !== "display");
      const defaults = fields.map((field) => [field.name, text(field.default_value)]);
      this.#open = { definition, steps, step: 0, values: Object.fromEntries(defaults) as Record<string, string> };
    }
    this.#fill(values);
    this.#changed();
  }

  #onControl(message: Record<string, unknown>): void {
    switch (message["type"]) {
      case "set_values":
        this.#fill(object(message["values"]) ?? {});
        return this.#changed();
      case "go_to_step":
        return this.goTo(Number(message["step_index"]));
      case "submit":
        return void this.submit();
      case "close":
        return this.close();
    }
  }

  #fill(values: Record<string, unknown>): void {
    if (this.#open === null) return;
    const known = this.#open.values;
    for (const [name, value] of Object.entries(values)) if (Object.hasOwn(known, name)) known[name] = text(value);
  }

  #changed(): void {
    this.emit("changed", this.#open);
    this.#tellState();
  }

  #tellState(isOpen = true): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#open === null) return;
    const { definition, steps, step, values } = this.#open;
    this.#publish(STATE_TOPIC, {
      type: "form_state",
      form_id: definition.id,
      is_open: isOpen,
      step_index: step,
      total_steps: steps.length,
      values,
      fields: steps[step]?.fields ?? [],
    });
  }

  /** What cannot be sent, since the connection is away, is told with the next change. */
  #publish(topic: string, message: object): void {
    const payload = new TextEncoder().encode(JSON.stringify(message));
    this.room.localParticipant.publishData(payload, { reliable: true, topic }).catch(() => undefined);
  }
}

interface Failure {
  status: number;
  message: string;
  errors: Record<string, string[]>;
}

function object(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

function text(value: unknown): string {
  return typeof value === "object" || value === undefined ? "" : String(value);
}
