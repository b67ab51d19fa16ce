import {
  Call,
  Forms,
  readForms,
  type AgentState,
  type CallEnd,
  type CallPhase,
  type FormDefinition,
  type MicrophoneState,
  type Sentence,
} from "../call";
import { Clock } from "./clock";
import { Composer } from "./composer";
import { elements } from "./elements";
import { FormView } from "./form-view";
import { Orb } from "./orb";
import { TranscriptView } from "./transcript-view";
import { endLine, nameFromSlug, phaseLine, statusLine } from "./words";

const sink = {
  add: (element: HTMLMediaElement) => document.body.append(element),
  remove: (element: HTMLMediaElement) => element.remove(),
};

/** The page of one agent: starts calls and shows the one that runs. */
export class Page {
  readonly #orb = new Orb();
  readonly #clock = new Clock();
  readonly #composer = new Composer((text) => this.#call?.sendText(text) ?? false);
  readonly #formView = new FormView();
  readonly #transcript: TranscriptView;
  /** A page that cannot read the forms makes calls without them: the agent fills them by voice alone. */
  readonly #definitions: Promise<FormDefinition[]>;
  #call: Call | null = null;
  #phase: CallPhase = "idle";
  #agent: AgentState = "absent";
  #microphone: MicrophoneState = "off";

  /** `language`: BCP-47, or null for the agent's own. */
  constructor(
    private readonly slug: string,
    private readonly language: string | null,
  ) {
    const name = nameFromSlug(slug);
    document.title = `${name} · Callbox`;
    elements.name.textContent = name;
    this.#transcript = new TranscriptView(name);
    this.#definitions = readForms("", slug).catch(() => []);
    elements.start.addEventListener("click", () => this.#start(true));
    elements.startTyping.addEventListener("click", () => this.#start(false));
    elements.hangup.addEventListener("click", () => this.#call?.hangUp());
    elements.mute.addEventListener("click", () => void this.#call?.setMicrophone(this.#microphone !== "on"));
    elements.hear.addEventListener("click", () => void this.#call?.resumeAudio());
    elements.noticeClose.addEventListener("click", () => this.#notice(null));
    this.#draw();
  }

  #start(microphone: boolean): void {
    this.#notice(null);
    this.#transcript.clear();
    this.#clock.reset();
    this.#orb.start();
    [this.#agent, this.#microphone] = ["absent", "off"];
    const language = this.language === null ? {} : { language: this.language };
    const call = new Call({ apiUrl: "", agent: this.slug, originUrl: location.href, ...language }, sink);
    this.#call = call;
    call.transcript.on("line", (line) => this.#transcript.put(line));
    call.transcript.on("removed", (key) => this.#transcript.remove(key));
    call.on("phase", (phase) => this.#onPhase(phase));
    call.on("agent", (state) => {
      this.#agent = state;
      this.#orb.agent(state);
      this.#draw();
    });
    call.on("microphone", (state) => {
      this.#microphone = state;
      if (state === "on") this.#notice(null);
      this.#draw();
    });
    call.on("tracks", (tracks) => this.#orb.tracks(tracks));
    call.on("notice", (sentence) => this.#notice(sentence));
    call.on("playbackBlocked", (blocked) => (elements.hear.hidden = !blocked));
    call.on("ended", (end) => this.#onEnded(end));
    void this.#definitions.then((definitions) => this.#showForms(call, definitions));
    void call.start({ microphone });
    // Not the button that hangs up: a held Enter key would press it.
    elements.scroller.focus();
  }

  #showForms(call: Call, definitions: FormDefinition[]): void {
    const forms = new Forms(call.room, "", this.slug, () => call.sessionId, definitions);
    forms.on("submitted", (message) => this.#notice({ message: message || "The form was sent.", advice: "" }));
    call.on("ended", () => forms.end());
    this.#formView.follow(forms);
  }

  #onPhase(phase: CallPhase): void {
    this.#phase = phase;
    if (phase === "talking") this.#clock.start();
    elements.phaseAnnouncer.textContent = phaseLine(phase);
    this.#draw();
    if (phase === "talking" && this.#microphone === "off") elements.text.focus();
  }

  #onEnded(end: CallEnd): void {
    this.#call = null;
    this.#clock.stop();
    this.#orb.stop();
    elements.hear.hidden = true;
    [this.#agent, this.#microphone] = ["absent", "off"];
    this.#draw();
    this.#notice(end.expected ? null : end);
    elements.status.textContent = endLine(end, elements.clock.hidden ? null : elements.clock.textContent);
    elements.phaseAnnouncer.textContent = end.message;
    elements.start.focus();
  }

  #notice(sentence: Sentence | null): void {
    elements.noticeMessage.textContent = sentence?.message ?? "";
    elements.noticeAdvice.textContent = sentence?.advice ?? "";
    elements.notice.hidden = sentence === null;
  }

  #draw(): void {
    const { call, status, mute, muteLabel, hangupLabel, transcript } = elements;
    const running = this.#phase !== "idle" && this.#phase !== "ended";
    call.dataset["view"] = running || transcript.childElementCount > 0 ? "call" : "start";
    call.dataset["running"] = String(running);
    call.dataset["phase"] = this.#phase;
    call.dataset["agent"] = this.#agent;
    call.dataset["microphone"] = this.#microphone;
    status.textContent = statusLine(this.#phase, this.#agent, this.#microphone);
    this.#composer.enable(this.#phase === "talking");
    mute.disabled = this.#phase !== "talking" && this.#phase !== "waiting";
    muteLabel.textContent = { on: "Mute", muted: "Unmute", off: "Use microphone" }[this.#microphone];
    hangupLabel.textContent = this.#phase === "talking" || this.#phase === "reconnecting" ? "Hang up" : "Cancel";
  }
}
