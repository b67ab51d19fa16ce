"""Fetches the reference audio of a call from the URL that the client gave, and checks it (contract 14.4)."""

import asyncio

from services.kit.errors import CallboxError, Code, validation
from services.kit.net.outbound import Outbound, OutboundError
from services.kit.recordings import UnusableRecording, measure
from services.kit.rpc import context as request

MAX_BYTES = 10 * 1024 * 1024
FIELD = "reference_audio_url"
# A start is answered within a second, and most of that is for the start itself.
_SECONDS = 0.5
_CHECK_SECONDS = 0.3
# Each uses a thread, for at most a tenth of a second.
_CHECKS_AT_ONCE = 2
_RETRY_SECONDS = 1
_OK = 200


class ReferenceAudioFetcher:
    """Fetches reference audio through the guarded HTTP client."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)

    async def fetch(self, url: str) -> bytes:
        """The file behind a URL: a WAV or MP3 of at most 10 MB and 60 s.

        Raises: CallboxError `validation_failed` for anything else, and for a server that takes longer than half a
        second; `at_capacity` when too many files wait to be checked.
        """
        seconds = request.remaining_seconds(_SECONDS)
        try:
            answer = await self._outbound.request("GET", url, deadline_seconds=seconds, max_bytes=MAX_BYTES)
        except OutboundError as fault:
            raise _refused(f"Cannot be fetched: {fault}") from fault
        if answer.status != _OK:
            raise _refused(f"Cannot be fetched: the server answered with status {answer.status}.")
        try:
            await self._check(answer.body)
        except UnusableRecording as fault:
            raise _refused(f"The file {fault}; give a WAV or MP3 of at most 60 seconds.") from fault
        return answer.body

    async def _check(self, content: bytes) -> None:
        try:
            async with asyncio.timeout(request.remaining_seconds(_CHECK_SECONDS)), self._checks:
                await asyncio.to_thread(measure, content)
        except TimeoutError:
            raise CallboxError(
                Code.AT_CAPACITY,
                "Too many recordings are being checked right now; try again in a moment.",
                retry_after_seconds=_RETRY_SECONDS,
            ) from None


def _refused(sentence: str) -> CallboxError:
    return validation({FIELD: [sentence]})
