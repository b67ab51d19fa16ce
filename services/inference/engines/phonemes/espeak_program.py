"""Reads lines of text and answers with lines of phonemes. A separate program, because eSpeak NG is GPL-3.0.

    python espeak_program.py LIBRARY DATA

Each input line is JSON, [voice, text]; each output line is JSON, {"ipa": [clause, …]} or {"error": sentence}. It exits
at the end of its input. It imports only the standard library, so that any Python 3 runs it.
"""

import ctypes
import json
import sys

_SYNCHRONOUS_SILENT = 2  # AUDIO_OUTPUT_SYNCHRONOUS: nothing is played
_DONT_EXIT = 0x8000
_UTF8 = 1
# IPA (0x02), with a tie (0x80), the character ^, between the letters of one sound.
_PHONEME_MODE = 0x02 | 0x80 | ord("^") << 8


class Espeak:
    """The loaded library."""

    def __init__(self, library: str, data: str) -> None:
        self._library = ctypes.CDLL(library)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
        if self._library.espeak_Initialize(_SYNCHRONOUS_SILENT, 0, data.encode(), _DONT_EXIT) <= 0:
            raise OSError(f"eSpeak NG finds no data in {data}")

    def clauses(self, voice: str, text: str) -> list[str]:
        """The IPA of each clause that it finds in a text. Raises ValueError for an unknown voice."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"eSpeak NG has no voice {voice!r}")
        buffer = ctypes.create_string_buffer(text.encode())
        at = ctypes.c_void_p(ctypes.addressof(buffer))
        found = []
        while at.value:
            found.append(self._library.espeak_TextToPhonemes(ctypes.byref(at), _UTF8, _PHONEME_MODE) or b"")
        return [clause.decode() for clause in found]


def main(library: str, data: str) -> None:
    """Answer requests until the input ends."""
    espeak = Espeak(library, data)
    for line in sys.stdin.buffer:
        try:
            voice, text = json.loads(line)
            answer: dict[str, object] = {"ipa": espeak.clauses(voice, text)}
        except ValueError as problem:
            answer = {"error": str(problem)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
