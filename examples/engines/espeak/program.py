"""Speaks its input as 16-bit mono PCM at 22.05 kHz. A separate program, because eSpeak NG is GPL-3.0.

    python program.py LIBRARY DATA VOICE WORDS_A_MINUTE

It imports only the standard library, so that any Python 3 runs it.
"""

import ctypes
import sys

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come to the callback, nothing is played
_DONT_EXIT = 0x8000
_RATE = 1  # espeakRATE
_UTF8 = 1
_SAMPLE_RATE_HZ = 22_050
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def main(library: str, data: str, voice: str, words_a_minute: str) -> None:
    """Exits with a message and status 1 if the voice is not available."""
    espeak = ctypes.CDLL(library)
    if espeak.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), _DONT_EXIT) != _SAMPLE_RATE_HZ:
        sys.exit(f"eSpeak NG finds no data in {data}")
    if espeak.espeak_SetVoiceByName(voice.encode()) != 0:
        sys.exit(f"eSpeak NG has no voice {voice!r}")

    def made(samples: int | None, count: int, _: object) -> int:
        if samples:
            sys.stdout.buffer.write(ctypes.string_at(samples, 2 * count))
        return 0

    callback = _CALLBACK(made)
    espeak.espeak_SetSynthCallback(callback)
    espeak.espeak_SetParameter(_RATE, int(words_a_minute), 0)
    text = sys.stdin.buffer.read().replace(b"\0", b" ") + b"\0"
    espeak.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, 1, 0, _UTF8, None, None)


if __name__ == "__main__":
    main(*sys.argv[1:])
