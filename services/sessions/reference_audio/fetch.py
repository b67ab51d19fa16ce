"""The recording that a voice is to be matched to: fetched from a URL of the client's, and looked at (contract 14.4)."""

from services.kit.errors import CallboxError, validation
from services.kit.net.outbound import Outbound, OutboundError
from services.kit.rpc import context as request
from services.sessions.reference_audio.sound import NoSound, measure

MAX_BYTES = 10 * 1024 * 1024
FIELD = "reference_audio_url"
# A start is answered within a second, and most of it is for the start itself.
_SECONDS = 0.5
_OK = 200


class References:
    """Fetches through the guarded client."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def fetch(self, url: str) -> bytes:
        """The recording behind a URL, which is a WAV or MP3 of at most 10 MB and 60 s.

        Raises: CallboxError `validation_failed` for anything else, also for a server that takes longer than half a
        second: the start does not wait for it.
        """
        seconds = request.remaining_seconds(_SECONDS)
        try:
            answer = await self._outbound.request("GET", url, deadline_seconds=seconds, max_bytes=MAX_BYTES)
        except OutboundError as fault:
            raise _refused(f"Cannot be fetched: {fault}") from fault
        if answer.status != _OK:
            raise _refused(f"Cannot be fetched: the server answered with status {answer.status}.")
        try:
            measure(answer.body)
        except NoSound as fault:
            raise _refused(f"What is there {fault}; give a WAV or MP3 of at most 60 seconds.") from fault
        return answer.body


def _refused(sentence: str) -> CallboxError:
    return validation({FIELD: [sentence]})
