"""Finds the voice most like a call's reference recording. Triton does the matching; results are cached on disk."""

import asyncio
import hashlib
import io
import json
import secrets
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from numpy.typing import NDArray

from services.agent.speech.engine import AtCapacity, EngineError, Refused
from services.agent.speech.wire.triton import Triton
from services.inference import protocol
from services.kit.errors import CallboxError, Code
from services.kit.identity import Signer
from services.kit.rpc.client import call

_READ_SECONDS: Final = 2.0
# Keeps the newest 1,000 matches, about a hundred bytes each.
_MAX_CACHED: Final = 1_000
_log = structlog.get_logger(__name__)


class _NoMatch(Exception):
    """The recording cannot be used. The message goes into the history, which customers read."""


class Matching:
    """Finds the voice for the recording of one call.

    triton: client of an endpoint with the model. folder: the worker's cache of matches.
    """

    def __init__(
        self,
        sessions: "sessions_pb2_grpc.SessionsServiceAsyncStub",
        signer: Signer,
        session_id: str,
        worker_id: str,
        triton: Triton,
        folder: Path,
    ) -> None:
        self._sessions = sessions
        self._signer = signer
        self._session_id = session_id
        self._worker_id = worker_id
        self._triton = triton
        self._folder = folder
        self._search: asyncio.Task[tuple[str, float]] | None = None

    async def find(self, language: str, plain: str, seconds: float) -> pb.VoiceEvent:
        """Returns the event for the history: the matched voice, or the plain voice with the reason. Never raises.

        language: BCP-47. plain: the engine's name of the voice to use when no match is found within `seconds`. The
        search then continues until `close`, and its result is cached for the next call with this recording.
        """
        self._search = asyncio.create_task(self._find(language), name="matching")
        try:
            async with asyncio.timeout(seconds):
                voice, similarity = await asyncio.shield(self._search)
        except _NoMatch as fault:
            reason = str(fault)
        except TimeoutError:
            reason = f"The recording was not matched within {seconds:g} seconds."
        else:
            return pb.VoiceEvent(likeness=pb.VOICE_LIKENESS_MATCHED, voice=voice, similarity=similarity)
        _log.warning("recording not matched, the plain voice is used", reason=reason)
        return pb.VoiceEvent(likeness=pb.VOICE_LIKENESS_PLAIN, voice=plain, reason=reason)

    async def close(self) -> None:
        """Cancels a search that is still running."""
        if self._search is not None:
            self._search.cancel()
            await asyncio.gather(self._search, return_exceptions=True)

    async def _find(self, language: str) -> tuple[str, float]:
        content = await self._read()
        digest = hashlib.sha256(f"{language}\0".encode() + content).hexdigest()
        cached = self._folder / f"{digest}.json"
        if found := await asyncio.to_thread(_read_cached, cached):
            return found
        match = await self._match(await asyncio.to_thread(_decoded, content), language)
        await asyncio.to_thread(_write_cached, cached, match)
        return match

    async def _read(self) -> bytes:
        try:
            answer = await call(
                self._sessions.ReadReference,
                pb.ReadReferenceRequest(session_id=self._session_id, worker_id=self._worker_id),
                identity=self._signer.service_token(),
                deadline_seconds=_READ_SECONDS,
            )
        except CallboxError as fault:
            _log.warning("recording not read", code=fault.code, message=fault.message)
            gone = "is no longer there" if fault.code is Code.NOT_FOUND else "could not be read"
            raise _NoMatch(f"The recording {gone}.") from fault
        return bytes(answer.content)

    async def _match(self, samples: NDArray[np.float32], language: str) -> tuple[str, float]:
        stream = self._triton.stream(protocol.VOICE_MATCH_MODEL)
        try:
            stream.send({"audio": samples, "language": language})
            async for reply in stream.replies():
                if reply.fault is not None:
                    raise reply.fault
                if reply.texts:
                    return reply.texts["voice"], float(reply.arrays["similarity"][0])
            raise AssertionError("replies end with a fault")
        except Refused as fault:
            raise _NoMatch(_sentence(str(fault))) from fault
        except AtCapacity as fault:
            raise _NoMatch("Too many recordings were waiting to be matched.") from fault
        except EngineError as fault:
            _log.warning("voice matching failed", fault=str(fault))
            raise _NoMatch("The recording could not be matched at that moment.") from fault
        finally:
            stream.close()


def _decoded(content: bytes) -> NDArray[np.float32]:
    """Decodes a WAV or MP3 to float32 [n] mono at the model's rate. Raises: _NoMatch."""
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            limit = int(file.samplerate * (protocol.VOICE_MATCH_MAX_SECONDS + 1))
            sound, rate_hz = file.read(limit, dtype="float32", always_2d=True).mean(axis=1), file.samplerate
    except (soundfile.SoundFileError, ValueError) as fault:
        raise _NoMatch("The recording cannot be decoded.") from fault
    samples = np.asarray(soxr.resample(sound, rate_hz, protocol.VOICE_MATCH_RATE_HZ), np.float32)
    # A recording of 60 s may be a few samples longer because of its encoder's padding.
    return samples[: int(protocol.VOICE_MATCH_MAX_SECONDS * protocol.VOICE_MATCH_RATE_HZ)]


def _sentence(refusal: str) -> str:
    said = refusal.partition(protocol.INVALID_INPUT)[2].strip()
    return f"{said[:1].upper()}{said[1:]}."


def _read_cached(path: Path) -> tuple[str, float] | None:
    try:
        stored = json.loads(path.read_text())
        return str(stored["voice"]), float(stored["similarity"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_cached(path: Path, match: tuple[str, float]) -> None:
    """Writes a match to the cache and removes the oldest. If writing fails, the next call matches again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        others = sorted(path.parent.glob("*.json"), key=lambda other: other.stat().st_mtime)
        for old in others[: max(0, len(others) + 1 - _MAX_CACHED)]:
            old.unlink(missing_ok=True)
        scratch = path.with_suffix(f".{secrets.token_hex(4)}")
        scratch.write_text(json.dumps({"voice": match[0], "similarity": match[1]}))
        scratch.replace(path)
    except OSError as fault:
        _log.warning("match not cached", fault=str(fault))
