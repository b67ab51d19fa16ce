import { createAudioAnalyser, type LocalAudioTrack, type RemoteAudioTrack } from "livekit-client";

/** Loudness of one audio track at a time, for showing that somebody speaks. */
export class Meter {
  #track: LocalAudioTrack | RemoteAudioTrack | null = null;
  #analyser: ReturnType<typeof createAudioAnalyser> | null = null;

  /** Measures `track` from now on; null stops measuring. */
  watch(track: LocalAudioTrack | RemoteAudioTrack | null): void {
    if (track === this.#track) return;
    void this.#analyser?.cleanup();
    this.#track = track;
    this.#analyser = track === null ? null : createAudioAnalyser(track, { fftSize: 256, smoothingTimeConstant: 0.6 });
  }

  /** 0 (silence) to 1. */
  get level(): number {
    return this.#analyser?.calculateVolume() ?? 0;
  }
}
