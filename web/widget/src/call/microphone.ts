import { createLocalAudioTrack, TrackEvent, type LocalAudioTrack } from "livekit-client";
import type { MicrophoneState, Sentence } from "./state";

/** The only recording that the agent can decode. Safari has no recorder for it. */
const RECORDED = "audio/webm;codecs=opus";
/** The recording goes on for so long after the agent listens: its first live audio comes later. */
const OVERLAP_MS = 300;

/** The browser gave no microphone; `sentence` is what to tell the visitor. */
export class MicrophoneRefused extends Error {
  override readonly name = "MicrophoneRefused";

  constructor(readonly sentence: Sentence) {
    super(sentence.message);
  }
}

/** The visitor's microphone: opened once, muted and unmuted, closed with the call. */
export class Microphone {
  #track: LocalAudioTrack | null = null;

  /** `onLost` is called when the device goes away or its permission is taken back. */
  constructor(private readonly onLost: () => void) {}

  get track(): LocalAudioTrack | null {
    return this.#track;
  }

  get state(): MicrophoneState {
    if (this.#track === null) return "off";
    return this.#track.isMuted ? "muted" : "on";
  }

  /**
   * Asks the browser for the microphone and waits as long as the visitor takes to answer.
   * Raises MicrophoneRefused; a microphone that is granted after `signal` fired is closed again.
   */
  async open(signal: AbortSignal): Promise<LocalAudioTrack> {
    let track: LocalAudioTrack;
    try {
      // The server takes the noise out; two suppressors after each other eat speech.
      track = await createLocalAudioTrack({
        echoCancellation: true,
        noiseSuppression: false,
        voiceIsolation: false,
        autoGainControl: true,
      });
    } catch (error) {
      throw new MicrophoneRefused(microphoneSentence(error instanceof Error ? error.name : "", window.isSecureContext));
    }
    if (signal.aborted) {
      track.stop();
      signal.throwIfAborted();
    }
    track.once(TrackEvent.Ended, () => {
      if (this.#track !== track) return;
      this.close();
      this.onLost();
    });
    this.#track = track;
    // What is said before the agent listens is recorded, and sent to it once it does.
    if (MediaRecorder.isTypeSupported(RECORDED)) {
      track.startPreConnectBuffer();
      // The client library would stop at once. The agent removes what it gets twice.
      const stop = track.stopPreConnectBuffer.bind(track);
      track.stopPreConnectBuffer = () => window.setTimeout(stop, OVERLAP_MS);
    }
    return track;
  }

  async mute(muted: boolean): Promise<void> {
    await (muted ? this.#track?.mute() : this.#track?.unmute());
  }

  close(): void {
    const track = this.#track;
    this.#track = null;
    track?.stop();
  }
}

const TYPE_INSTEAD = "You can type meanwhile.";

/** What to tell the visitor about getUserMedia's error `name`. */
export function microphoneSentence(name: string, secure: boolean): Sentence {
  if (!secure) {
    return {
      message: "The browser gives a microphone to secure pages only.",
      advice: `Open this page over https, or on localhost. ${TYPE_INSTEAD}`,
    };
  }
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return {
        message: "The microphone is blocked for this page.",
        advice: `Allow it in the browser’s address bar, then press “Use microphone”. ${TYPE_INSTEAD}`,
      };
    case "NotFoundError":
    case "OverconstrainedError":
      return {
        message: "No microphone was found.",
        advice: `Plug one in, then press “Use microphone”. ${TYPE_INSTEAD}`,
      };
    case "NotReadableError":
      return {
        message: "The microphone is in use by another program.",
        advice: `Close that program, then press “Use microphone”. ${TYPE_INSTEAD}`,
      };
    default:
      return {
        message: "The microphone could not be opened.",
        advice: `Check it in the system’s settings, then press “Use microphone”. ${TYPE_INSTEAD}`,
      };
  }
}

export function microphoneLost(): Sentence {
  return {
    message: "The microphone is gone.",
    advice: `Plug it in or allow it again, then press “Use microphone”. ${TYPE_INSTEAD}`,
  };
}
