"""The interfaces of recognisers and voices, independent of their protocol, and their errors."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import grpc
import numpy as np
from numpy.typing import NDArray

# Mono, 16-bit, 16 kHz.
Samples = NDArray[np.int16]

# Longest reason that is kept of an engine's error message.
_MAX_REASON_CHARACTERS = 300


class EngineError(Exception):
    """An engine failed to serve a request. The message is the engine's own, for the log."""


class Unreachable(EngineError):
    """The engine cannot be reached, or does not answer in time."""


class AtCapacity(EngineError):
    """The engine is full at this moment; another endpoint may not be."""


class Refused(EngineError):
    """The engine refuses the request. No endpoint of its pool will serve it."""


class StreamExpired(EngineError):
    """The engine has dropped an idle stream. A new stream will work."""


_FAULTS: dict[grpc.StatusCode, type[EngineError]] = {
    grpc.StatusCode.RESOURCE_EXHAUSTED: AtCapacity,
    grpc.StatusCode.INVALID_ARGUMENT: Refused,
    grpc.StatusCode.NOT_FOUND: Refused,
    grpc.StatusCode.UNIMPLEMENTED: Refused,
    grpc.StatusCode.UNAUTHENTICATED: Refused,
    grpc.StatusCode.PERMISSION_DENIED: Refused,
    grpc.StatusCode.INTERNAL: EngineError,
    grpc.StatusCode.UNKNOWN: EngineError,
}


def fault_of(error: grpc.aio.AioRpcError) -> EngineError:
    """The error of an endpoint, by its gRPC status."""
    kind = _FAULTS.get(error.code(), Unreachable)
    return kind(f"{error.code().name}: {error.details()}"[:_MAX_REASON_CHARACTERS])


class Ask(Enum):
    """What a request asks for, in addition to its audio."""

    NOTHING = "nothing"
    # The text so far; the utterance continues.
    SNAPSHOT = "snapshot"
    # The text of the whole utterance; a new one begins.
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript of the utterance so far.

    answers: what was asked for; NOTHING for an automatic partial. request_id: of the request; for a partial, of one
    that brought audio of its utterance. seconds: of audio that the text covers. language: primary tag of the
    recognised language; empty if the engine does not tell.
    """

    text: str
    answers: Ask
    request_id: str
    seconds: float
    language: str = ""


class RecogniserStream(Protocol):
    """One call's stream to a recogniser. It is open when it is created."""

    @property
    def broken(self) -> bool:
        """Whether it accepts no more audio."""
        ...

    def send(self, audio: Sequence[Samples], ask: Ask = Ask.NOTHING) -> str:
        """Queues a request. Returns its id. Raises: EngineError."""
        ...

    def replies(self) -> AsyncIterator[Transcript]:
        """Transcripts until the stream ends. It always ends with an EngineError."""
        ...

    def close(self) -> None:
        """Closes the stream. Audio that is not yet recognised is dropped."""
        ...


class VoiceStream(Protocol):
    """One call's connection to a voice. It is open when it is created; it can speak several texts at once."""

    @property
    def broken(self) -> bool:
        """Whether it accepts no more texts."""
        ...

    def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yields 16-bit mono PCM at 24 kHz as it is made. Closing the generator stops the work. Raises: EngineError."""
        ...

    def close(self) -> None:
        """Stops all running texts."""
        ...
