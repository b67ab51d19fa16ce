"""The names and numbers a client of the speech models needs; free of dependencies.

Every tensor of every model has a leading batch dimension of 1: `audio` is sent and received as [1, n], a text as
[1, 1]; only `embed` takes several texts at once, as [n, 1]. README.md beside this file describes each tensor.
"""

from typing import Final

STT_MODEL: Final = "stt"
TTS_MODEL: Final = "tts"
DENOISE_MODEL: Final = "denoise"
EMBED_MODEL: Final = "embed"
VOICE_MATCH_MODEL: Final = "voice_match"

STT_RATE_HZ: Final = 16_000
TTS_RATE_HZ: Final = 24_000
DENOISE_RATE_HZ: Final = 48_000
VOICE_MATCH_RATE_HZ: Final = 16_000

DENOISE_FRAME_SAMPLES: Final = 480
DENOISE_MAX_FRAMES: Final = 10
# Delay of the output behind the input.
DENOISE_DELAY_SAMPLES: Final = 3 * DENOISE_FRAME_SAMPLES
DENOISE_FULL_LEVEL_DB: Final = 100.0
# The level of a request without one: of 12, 24 and 100 dB it has the fewest word errors (bench/denoising.py).
# A higher level saves words in street noise, but loses twice as many when other people speak behind the caller.
DENOISE_DEFAULT_LEVEL_DB: Final = 12.0

STT_MAX_KEYTERMS: Final = 100
STT_MAX_KEYTERM_CHARACTERS: Final = 50

TTS_MAX_CHARACTERS: Final = 5_000

EMBED_DIMENSIONS: Final = 384
EMBED_MAX_TOKENS: Final = 510
EMBED_MAX_CHARACTERS: Final = 50_000

# Values of the `priority` parameter of a request to the embed model: a question that a caller waits for comes before
# text that is being stored.
EMBED_FIRST: Final = 1
EMBED_LATER: Final = 2

VOICE_MATCH_MIN_SECONDS: Final = 3.0
VOICE_MATCH_MAX_SECONDS: Final = 60.0
# The default of a request without a language.
VOICE_MATCH_LANGUAGE: Final = "en"

# Values of the `command` input of the stt model.
COMMAND_AUDIO: Final = 0
COMMAND_SNAPSHOT: Final = 1
COMMAND_FLUSH: Final = 2
COMMAND_DISCARD: Final = 3

# Values of the `kind` output of the stt model.
KIND_PARTIAL: Final = "partial"
KIND_SNAPSHOT: Final = "snapshot"
KIND_FINAL: Final = "final"

# First words of an error message, stable across versions.
SEQUENCE_LOST: Final = "sequence_lost:"
INVALID_INPUT: Final = "invalid_input:"
EXHAUSTED: Final = "RESOURCE_EXHAUSTED:"
RESTARTING: Final = "restarting:"

_TRITON_UNKNOWN_SEQUENCE: Final = "must specify the START flag"
# Triton's messages while the process of a model is dead, and while the model is being loaded.
_TRITON_AWAY: Final = ("is not healthy", "Request for unknown model", "is not ready", "is not available")


def is_sequence_lost(message: str) -> bool:
    """Whether an error message says that the server has no state for the sequence, so that a new one must be started.

    Also recognises the message of Triton's scheduler, which it sends when it has already dropped the sequence.
    """
    return SEQUENCE_LOST in message or _TRITON_UNKNOWN_SEQUENCE in message


def is_restarting(message: str) -> bool:
    """Whether an error message says that the model is away for a moment, because its process is started again."""
    return RESTARTING in message or any(away in message for away in _TRITON_AWAY)
