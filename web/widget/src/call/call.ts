import type { DisconnectReason, LocalAudioTrack, RemoteAudioTrack, Room } from "livekit-client";
import { Emitter } from "./emitter";
import { agentLost, agentMissing, announced, disconnected, hungUp, joinFailed } from "./endings";
import { Link, type AudioSink, type LinkEvents } from "./link";
import { Microphone, microphoneLost, MicrophoneRefused, microphoneSentence } from "./microphone";
import { CallRefused } from "./refusal";
import { requestSession, type SessionRequest } from "./session";
import type { AgentState, CallEnd, CallPhase, MicrophoneState, Sentence } from "./state";
import { ERROR, userText } from "./topics";
import { Transcript } from "./transcript";
import { Watchdog } from "./watchdog";

export interface CallEvents {
  phase: CallPhase;
  agent: AgentState;
  microphone: MicrophoneState;
  /** The call goes on, but the visitor should know this. */
  notice: Sentence;
  playbackBlocked: boolean;
  /** Tracks to show the loudness of: the visitor's and the agent's. */
  tracks: { visitor: LocalAudioTrack | null; agent: RemoteAudioTrack | null };
  /** The last event of a call. */
  ended: CallEnd;
}

/** The server names the reason of a missing agent within 5 s, of a lost one within 15 s; these are longer. */
const AGENT_JOIN_LIMIT_MS = 10_000;
const AGENT_RETURN_LIMIT_MS = 20_000;
/** From `voice.error` of an agent that is gone to the end of the room. */
const ROOM_END_LIMIT_MS = 3_000;

/** One call, from asking for it to its end. A call is made once; the next one is a new object. */
export class Call extends Emitter<CallEvents> {
  readonly transcript = new Transcript();
  readonly #link: Link;
  readonly #microphone: Microphone;
  readonly #abort = new AbortController();
  readonly #watchdog = new Watchdog();
  #phase: CallPhase = "idle";
  #agent: AgentState = "absent";
  #agentSeen = false;
  #switching = false;
  #voice: RemoteAudioTrack | null = null;
  #announced: CallEnd | null = null;
  #sessionId = "";

  constructor(
    private readonly request: SessionRequest,
    sink: AudioSink,
  ) {
    super();
    this.#microphone = new Microphone(() => {
      this.#showMicrophone();
      this.#note(microphoneLost());
    });
    this.#link = new Link(sink);
    this.#link.on("agent", (state) => this.#onAgent(state));
    this.#link.on("message", (message) => this.#onMessage(message));
    this.#link.on("voice", (track) => this.#onVoice(track));
    this.#link.on("playbackBlocked", (blocked) => this.emit("playbackBlocked", blocked));
    this.#link.on("reconnecting", () => this.#onReconnecting());
    this.#link.on("reconnected", () => this.#onReconnected());
    this.#link.on("closed", (reason) => this.#onClosed(reason));
  }

  get phase(): CallPhase {
    return this.#phase;
  }

  get microphone(): MicrophoneState {
    return this.#microphone.state;
  }

  /** Empty until the session is admitted. */
  get sessionId(): string {
    return this.#sessionId;
  }

  /** The LiveKit room; connected from `waiting` on. */
  get room(): Room {
    return this.#link.room;
  }

  /** Makes the call. Never raises: a call that fails says so by `ended`. */
  async start({ microphone }: { microphone: boolean }): Promise<void> {
    if (this.#phase !== "idle") return;
    const signal = this.#abort.signal;
    try {
      // First the microphone: a session that is admitted holds an agent while the visitor answers the browser.
      if (microphone) await this.#openMicrophone();
      signal.throwIfAborted();
      this.#setPhase("asking");
      const grant = await requestSession(this.request, signal);
      this.#sessionId = grant.sessionId;
      this.#setPhase("connecting");
      await this.#link.join(grant);
      signal.throwIfAborted();
      this.#afterJoin();
      this.#link.introduce().catch(() => undefined);
      await this.#publish();
    } catch (error) {
      if (!signal.aborted) this.#finish(error instanceof CallRefused ? error.end : joinFailed());
    }
  }

  /** Ends the call at any phase. */
  hangUp(): void {
    this.#finish(hungUp());
  }

  /**
   * Sends a typed message; one that can't be delivered is marked in the transcript.
   * False if nothing was sent: the text is blank, no call is on, or it is too long, which a notice says.
   */
  sendText(text: string): boolean {
    if (text.trim() === "" || this.#phase !== "talking") return false;
    try {
      void this.#deliver(userText(text.trim()), this.transcript.typed(text));
      return true;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#note({ message: error.message, advice: "Shorten it, or send it in parts." });
      return false;
    }
  }

  /** Mutes or unmutes; opens the microphone of a call that has none. */
  async setMicrophone(on: boolean): Promise<void> {
    if ((this.#phase !== "waiting" && this.#phase !== "talking") || this.#switching) return;
    this.#switching = true;
    try {
      if (this.#microphone.state !== "off") await this.#microphone.mute(!on);
      else if (on) await this.#addMicrophone();
    } finally {
      this.#switching = false;
    }
    if (!this.#abort.signal.aborted) this.#showMicrophone();
  }

  /** Plays the agent's voice; to be called from a press or a key. */
  async resumeAudio(): Promise<void> {
    await this.room.startAudio();
  }

  /** `key`: of the message in the transcript. */
  async #deliver(payload: Uint8Array<ArrayBuffer>, key: string): Promise<void> {
    try {
      await this.#link.send(payload);
    } catch {
      this.transcript.failed(key);
      this.#note({ message: "Your message was not delivered.", advice: "Send it again." });
    }
  }

  async #openMicrophone(): Promise<void> {
    const before = this.#phase;
    if (before === "idle") this.#setPhase("microphone");
    try {
      await this.#microphone.open(this.#abort.signal);
    } catch (error) {
      if (error instanceof MicrophoneRefused) this.#note(error.sentence);
    }
    if (!this.#abort.signal.aborted) this.#showMicrophone();
  }

  async #addMicrophone(): Promise<void> {
    await this.#openMicrophone();
    try {
      await this.#publish();
    } catch {
      this.#microphone.close();
      this.#note(microphoneSentence("", true));
    }
  }

  async #publish(): Promise<void> {
    const track = this.#microphone.track;
    if (track !== null) await this.#link.publish(track);
  }

  #afterJoin(): void {
    if (this.#agent !== "absent") {
      this.#setPhase("talking");
      return;
    }
    this.#setPhase("waiting");
    const limit = this.#agentSeen ? AGENT_RETURN_LIMIT_MS : AGENT_JOIN_LIMIT_MS;
    const end = this.#agentSeen ? agentLost() : agentMissing();
    this.#watchdog.start(limit, () => this.#finish(this.#announced ?? end));
  }

  #onAgent(state: AgentState): void {
    if (this.#phase === "ended") return;
    this.#agent = state;
    this.#agentSeen ||= state !== "absent";
    this.emit("agent", state);
    if (this.#phase !== "waiting" && this.#phase !== "talking") return;
    if (state !== "absent") this.#watchdog.stop();
    if (state === "absent" && this.#announced !== null) this.#endSoon();
    else if ((state === "absent") === (this.#phase === "talking")) this.#afterJoin();
  }

  #onMessage(message: LinkEvents["message"]): void {
    if (this.#phase === "ended") return;
    if (message.topic !== ERROR) {
      this.transcript.apply(message.reply);
      return;
    }
    this.#announced = announced(message.code, message.message);
    this.#note(this.#announced);
    if (this.#agent === "absent") this.#endSoon();
  }

  #onVoice(track: RemoteAudioTrack | null): void {
    this.#voice = track;
    this.#showTracks();
  }

  #onReconnecting(): void {
    if (this.#phase !== "waiting" && this.#phase !== "talking") return;
    this.#watchdog.stop();
    this.#setPhase("reconnecting");
  }

  #onReconnected(): void {
    if (this.#phase === "reconnecting") this.#afterJoin();
  }

  #onClosed(reason: DisconnectReason | undefined): void {
    // While joining, the rejected `join` tells more than this event.
    if (this.#phase !== "connecting") this.#finish(this.#announced ?? disconnected(reason));
  }

  #endSoon(): void {
    this.#watchdog.start(ROOM_END_LIMIT_MS, () => this.#finish(this.#announced ?? agentLost()));
  }

  #finish(end: CallEnd): void {
    if (this.#phase === "ended") return;
    this.#setPhase("ended");
    this.#abort.abort();
    this.#watchdog.stop();
    this.#microphone.close();
    this.#onVoice(null);
    this.#link.leave().catch(() => undefined);
    this.transcript.close();
    this.emit("ended", end);
  }

  #setPhase(phase: CallPhase): void {
    this.#phase = phase;
    this.emit("phase", phase);
  }

  /** Nothing that comes late may cover why the call ended. */
  #note(sentence: Sentence): void {
    if (this.#phase !== "ended") this.emit("notice", sentence);
  }

  #showMicrophone(): void {
    this.emit("microphone", this.#microphone.state);
    this.#showTracks();
  }

  #showTracks(): void {
    this.emit("tracks", { visitor: this.#microphone.track, agent: this.#voice });
  }
}
