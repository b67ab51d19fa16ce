"""What a call wants of a recogniser and of a voice, whatever protocol they speak, and how they fail."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import grpc
import numpy as np
from numpy.typing import NDArray

# Mono, 16-bit, 16 kHz.
Samples = NDArray[np.int16]

# An engine may say pages about its fault.
_MAX_REASON_CHARACTERS = 300


class EngineError(Exception):
    """An engine failed at what it was asked; the message is its own, for the log."""


class Unreachable(EngineError):
    """The engine cannot be reached, or does not answer in time."""


class AtCapacity(EngineError):
    """The engine has no room for more at this moment; another endpoint may have."""


class Refused(EngineError):
    """The engine will never do what it was asked, at no endpoint of its pool."""


class StreamExpired(EngineError):
    """The engine has dropped a stream that was idle; a new one serves."""


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
    """The fault of an endpoint, by its gRPC status."""
    kind = _FAULTS.get(error.code(), Unreachable)
    return kind(f"{error.code().name}: {error.details()}"[:_MAX_REASON_CHARACTERS])


class Ask(Enum):
    """What a request asks for, beside taking its audio."""

    NOTHING = "nothing"
    # The text so far; the utterance goes on.
    SNAPSHOT = "snapshot"
    # The text of the whole utterance; a new one begins.
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript of the utterance so far.

    answers: what was asked for; NOTHING for a partial that came by itself. request_id: of the request that asked.
    seconds: of audio that the text covers. language: primary tag that was heard; empty when the engine does not say.
    """

    text: str
    answers: Ask
    request_id: str
    seconds: float
    language: str = ""


class RecogniserStream(Protocol):
    """One call's stream to a recogniser. It is open as soon as it is made."""

    @property
    def broken(self) -> bool:
        """Whether it takes no more audio."""
        ...

    def send(self, audio: Sequence[Samples], ask: Ask = Ask.NOTHING) -> str:
        """Queues audio and what is asked for; answers the request's id. Raises: EngineError."""
        ...

    def replies(self) -> AsyncIterator[Transcript]:
        """Transcripts until the stream ends, which is always by an EngineError."""
        ...

    def close(self) -> None:
        """Ends the stream; what was not recognised is thrown away."""
        ...


class VoiceStream(Protocol):
    """One call's connection to a voice. It is open as soon as it is made; several texts may be spoken at once."""

    @property
    def broken(self) -> bool:
        """Whether it takes no more texts."""
        ...

    def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        """16-bit mono PCM at 24 kHz as it is made. Closing the generator stops the work. Raises: EngineError."""
        ...

    def close(self) -> None:
        """Ends everything under way."""
        ...
