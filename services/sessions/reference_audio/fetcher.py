"""Fetches the reference audio of a call from the URL that the client gave, and checks it (contract 14.4)."""

from services.kit.errors import CallboxError, validation
from services.kit.net.outbound import Outbound, OutboundError
from services.kit.rpc import context as request
from services.sessions.reference_audio.audio_format import UnusableAudio, probe

MAX_BYTES = 10 * 1024 * 1024
FIELD = "reference_audio_url"
# A start is answered within a second, and most of that is for the start itself.
_SECONDS = 0.5
_OK = 200


class ReferenceAudioFetcher:
    """Fetches reference audio through the guarded HTTP client."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def fetch(self, url: str) -> bytes:
        """The file behind a URL: a WAV or MP3 of at most 10 MB and 60 s.

        Raises: CallboxError `validation_failed` for anything else, and for a server that takes longer than half a
        second.
        """
        seconds = request.remaining_seconds(_SECONDS)
        try:
            answer = await self._outbound.request("GET", url, deadline_seconds=seconds, max_bytes=MAX_BYTES)
        except OutboundError as fault:
            raise _refused(f"Cannot be fetched: {fault}") from fault
        if answer.status != _OK:
            raise _refused(f"Cannot be fetched: the server answered with status {answer.status}.")
        try:
            probe(answer.body)
        except UnusableAudio as fault:
            raise _refused(f"The file {fault}; give a WAV or MP3 of at most 60 seconds.") from fault
        return answer.body


def _refused(sentence: str) -> CallboxError:
    return validation({FIELD: [sentence]})
