"""Waits for the whole of a value that the caller dictates, such as an e-mail address."""

from livekit.agents import AgentSession, UserInputTranscribedEvent

from services.agent.tools.forms.dictation import is_unfinished
from services.agent.turns.turn_taking import MAX_ENDPOINT_SECONDS, MIN_ENDPOINT_SECONDS

# A turn ends after this silence even if the value is not whole.
WHOLE_VALUE_SECONDS = 3.0
_MAX_CHARACTERS = 1_000


class Dictation:
    """Lengthens the silence that ends a turn while a dictated value is plainly not whole."""

    def __init__(self, session: AgentSession[None]) -> None:
        self._session = session
        self._field_type = ""
        self._language = ""
        self._said = ""
        self._waits = False

    def expect(self, field_type: str, language: str) -> None:
        """Tells which type of a form's field the caller is asked for; empty for none. language: BCP-47 tag."""
        self._field_type, self._language = field_type, language
        if not field_type:
            self._wait(False)

    def transcribed(self, event: UserInputTranscribedEvent) -> None:
        """Reads what the caller says, as `user_input_transcribed` tells it: finals one after the other."""
        heard = f"{self._said} {event.transcript}".strip()[-_MAX_CHARACTERS:]
        if event.is_final:
            self._said = heard
        if self._field_type:
            self._wait(is_unfinished(self._field_type, heard, self._language))

    def turn_began(self) -> None:
        """Forgets what was said: the turn has ended, and its answer begins."""
        self._said = ""
        self._wait(False)

    def _wait(self, waits: bool) -> None:
        if waits == self._waits:
            return
        self._waits = waits
        least = WHOLE_VALUE_SECONDS if waits else MIN_ENDPOINT_SECONDS
        most = WHOLE_VALUE_SECONDS if waits else MAX_ENDPOINT_SECONDS
        self._session.update_options(endpointing_opts={"mode": "fixed", "min_delay": least, "max_delay": most})
