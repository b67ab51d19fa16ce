import {
  ParticipantEvent,
  Room,
  RoomEvent,
  Track,
  type DisconnectReason,
  type LocalAudioTrack,
  type Participant,
  type RemoteAudioTrack,
  type RemoteParticipant,
  type RemoteTrack,
} from "livekit-client";
import { Emitter } from "./emitter";
import type { SessionGrant } from "./session";
import { AgentTracker, type AgentState } from "./state";
import { parseMessage, STATE, USER_TEXT, type Message } from "./topics";
import { within } from "./watchdog";

/** Where the agent's voice is played: the page puts the element somewhere and takes it away again. */
export interface AudioSink {
  add(element: HTMLMediaElement): void;
  remove(element: HTMLMediaElement): void;
}

export interface LinkEvents {
  agent: AgentState;
  message: Exclude<Message, { topic: typeof STATE }>;
  /** The agent's audio track, null when there is none any more. */
  voice: RemoteAudioTrack | null;
  /** The browser plays no sound before the visitor has pressed something. */
  playbackBlocked: boolean;
  reconnecting: undefined;
  reconnected: undefined;
  closed: DisconnectReason | undefined;
}

const JOIN_LIMIT_MS = 20_000;
const PUBLISH_LIMIT_MS = 10_000;
const SEND_LIMIT_MS = 5_000;
const AGENT_STATE_ATTRIBUTE = "lk.agent.state";

/** One stay in one LiveKit room, reduced to what the call's agent does there. */
export class Link extends Emitter<LinkEvents> {
  readonly room = new Room({ adaptiveStream: true, dynacast: true });
  readonly #tracker = new AgentTracker();
  readonly #playing = new Map<RemoteTrack, HTMLMediaElement>();

  constructor(private readonly sink: AudioSink) {
    super();
    this.room
      .on(RoomEvent.ParticipantConnected, (participant) => this.#onAttributes(participant))
      .on(RoomEvent.ParticipantAttributesChanged, (_, participant) => this.#onAttributes(participant))
      .on(RoomEvent.ParticipantDisconnected, (participant) => this.#onLeft(participant))
      .on(RoomEvent.TrackSubscribed, (track, _, participant) => this.#onTrack(track, participant))
      .on(RoomEvent.TrackUnsubscribed, (track) => this.#onTrackGone(track))
      .on(RoomEvent.DataReceived, (payload, participant, _, topic) => this.#onData(payload, participant, topic))
      .on(RoomEvent.AudioPlaybackStatusChanged, () => this.emit("playbackBlocked", !this.room.canPlaybackAudio))
      .on(RoomEvent.SignalReconnecting, () => this.emit("reconnecting", undefined))
      .on(RoomEvent.Reconnecting, () => this.emit("reconnecting", undefined))
      .on(RoomEvent.Reconnected, () => this.emit("reconnected", undefined))
      .on(RoomEvent.Disconnected, (reason) => this.emit("closed", reason));
  }

  /** Joins the room. Raises when it can't be reached in time. */
  async join(grant: SessionGrant): Promise<void> {
    await within(JOIN_LIMIT_MS, this.room.connect(grant.livekitUrl, grant.token, { autoSubscribe: true }));
    for (const participant of this.room.remoteParticipants.values()) this.#onAttributes(participant);
  }

  /**
   * Tells the agent that partial transcripts are wanted and who takes the noise out.
   * Raises when the server refuses it; the call then has final transcripts only.
   */
  async introduce(): Promise<void> {
    const attributes = { "callbox.partials": "true", "callbox.nc": "server" };
    await within(SEND_LIMIT_MS, this.room.localParticipant.setAttributes(attributes));
  }

  async publish(track: LocalAudioTrack): Promise<void> {
    // The client library itself begins to wait for this after an agent that subscribes at once has caused it, and
    // would go on recording.
    this.room.localParticipant.once(ParticipantEvent.LocalTrackSubscribed, () => track.stopPreConnectBuffer());
    await within(PUBLISH_LIMIT_MS, this.room.localParticipant.publishTrack(track, { source: Track.Source.Microphone }));
  }

  async send(payload: Uint8Array<ArrayBuffer>): Promise<void> {
    await within(SEND_LIMIT_MS, this.room.localParticipant.publishData(payload, { reliable: true, topic: USER_TEXT }));
  }

  async leave(): Promise<void> {
    for (const track of [...this.#playing.keys()]) this.#silence(track);
    await within(SEND_LIMIT_MS, this.room.disconnect());
  }

  #onAttributes(participant: Participant): void {
    if (participant.isLocal || !participant.isAgent) return;
    const before = this.#tracker.state;
    const after = this.#tracker.attribute(participant.attributes[AGENT_STATE_ATTRIBUTE]);
    if (after !== before) this.emit("agent", after);
  }

  #onLeft(participant: RemoteParticipant): void {
    if (participant.isAgent) this.emit("agent", this.#tracker.left());
  }

  #onTrack(track: RemoteTrack, participant: RemoteParticipant): void {
    if (track.kind !== Track.Kind.Audio || !participant.isAgent) return;
    const element = track.attach();
    this.#playing.set(track, element);
    this.sink.add(element);
    this.emit("voice", track as RemoteAudioTrack);
    this.emit("agent", this.#tracker.heard());
  }

  #onTrackGone(track: RemoteTrack): void {
    if (this.#silence(track)) this.emit("voice", null);
  }

  #silence(track: RemoteTrack): boolean {
    const element = this.#playing.get(track);
    if (element === undefined) return false;
    this.#playing.delete(track);
    track.detach(element);
    this.sink.remove(element);
    return true;
  }

  /** Packets without a sender come from the server, which speaks when the agent no longer can. */
  #onData(payload: Uint8Array, participant: RemoteParticipant | undefined, topic: string | undefined): void {
    if (participant !== undefined && !participant.isAgent) return;
    const message = parseMessage(topic, payload);
    if (message === null) return;
    if (message.topic === STATE) this.emit("agent", this.#tracker.message(message.state));
    else this.emit("message", message);
  }
}
