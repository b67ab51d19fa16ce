"""Values that callers dictate with pauses: what is plainly not whole, and how long the turn waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit.agents import Agent, APIConnectOptions, LanguageCode, UserInputTranscribedEvent, llm, stt, vad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.voice.events import ConversationItemAddedEvent

from services.agent.tools.forms.dictation import is_unfinished
from services.agent.turns.dictation import WHOLE_VALUE_SECONDS, Dictation
from services.agent.turns.turn_taking import TurnTaking, make_session
from tests.fixtures.serverless import ScriptedModel, cast, start

UNFINISHED = [
    ("en", "email", "anna at"),
    ("en", "email", "anna at example"),
    ("en", "email", "anna at example dot"),
    ("en", "email", "anna dot smith"),
    ("en", "email", "it's a n n"),
    ("en", "email", "anna underscore"),
    ("en", "tel", "five five"),
    ("en", "tel", "plus four four"),
    ("en", "tel", "oh seven nine double"),
    ("en", "number", "five five"),
    ("en", "number", "three point"),
    ("en", "number", "about"),
    ("en", "date", "the third of"),
    ("en", "date", "on the"),
    ("en", "time", "half past"),
    ("en", "time", "at"),
    ("en", "time", "quarter to"),
    ("de", "email", "anna punkt"),
    ("de", "email", "anna ät beispiel"),
    ("de", "date", "am"),
    ("de", "time", "um halb"),
    ("de", "tel", "null eins sieben"),
    ("es", "email", "ana arroba"),
    ("es", "date", "el tres de"),
    ("es", "time", "a las tres y"),
    ("fr", "email", "anne arobase exemple"),
    ("fr", "date", "le"),
    ("fr", "tel", "zéro six douze"),
    ("it", "email", "anna chiocciola"),
    ("it", "date", "il tre di"),
    ("pt", "email", "ana arroba exemplo"),
    ("pt", "date", "dia"),
    ("hi", "email", "anna एट"),
    ("ja", "tel", "ゼロ九〇"),
    ("zh", "tel", "幺三八"),
    ("zh", "time", "下午"),
]
WHOLE = [
    ("en", "email", "anna at example dot com"),
    ("en", "email", "anna@example.com"),
    ("en", "email", "no"),
    ("en", "email", "I would rather not say"),
    ("en", "tel", "five five five one two three four"),
    ("en", "tel", "I have two of them"),
    ("en", "tel", "why do you ask"),
    ("en", "number", "five"),
    ("en", "number", "about twenty"),
    ("en", "date", "the third of December"),
    ("en", "date", "tomorrow"),
    ("en", "time", "half past three"),
    ("en", "time", ""),
    ("en", "text", "anna at"),
    ("en", "email", "at " * 500),
    ("sw", "email", "anna at"),
    ("de", "time", "um halb vier"),
    ("de", "email", "anna ät beispiel punkt de"),
    ("es", "date", "el tres de diciembre"),
    ("fr", "tel", "zéro six, douze, trente-quatre, cinquante-six"),
    ("ja", "date", "明日"),
]


@pytest.mark.parametrize(("language", "field_type", "transcript"), UNFINISHED)
def test_a_value_that_goes_on_is_unfinished(language: str, field_type: str, transcript: str) -> None:
    assert is_unfinished(field_type, transcript, language)


@pytest.mark.parametrize(("language", "field_type", "transcript"), WHOLE)
def test_a_whole_value_or_another_answer_is_not_unfinished(language: str, field_type: str, transcript: str) -> None:
    assert not is_unfinished(field_type, transcript, language)


class _Vad(vad.VAD):
    """Finds nothing: the test says when the caller speaks."""

    def __init__(self) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=0.1))

    def stream(self) -> vad.VADStream:
        return _VadStream(self)


class _VadStream(vad.VADStream):
    async def _main_task(self) -> None:
        async for _ in self._input_ch:
            pass


class _Ear(stt.STT[object]):
    """Hears nothing: the test says what was heard."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))

    async def _recognize_impl(self, *_: Any, **__: Any) -> stt.SpeechEvent:
        raise NotImplementedError

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return _EarStream(stt=self, conn_options=conn_options)


class _EarStream(stt.RecognizeStream):
    async def _run(self) -> None:
        async for _ in self._input_ch:
            pass


class Caller:
    """A caller whose speech the test makes. turns: the text of each turn, and whether it ended within a second."""

    def __init__(self) -> None:
        self.session = make_session(TurnTaking(_Vad(), "vad"))
        self.dictation = Dictation(self.session)
        self.turns: list[tuple[str, bool]] = []
        self._silent_since = 0.0
        self.session.on("user_input_transcribed", self.dictation.transcribed)
        self.session.on("conversation_item_added", self._on_item)

    async def start(self) -> None:
        await self.session.start(
            Agent(instructions="", stt=_Ear(), llm=ScriptedModel(lambda _: "I see.")), record=False, session_host=False
        )

    async def says(self, text: str, silence: float) -> None:
        """Speaks for a moment, then is silent for some seconds. The transcript comes as soon as the speech ends."""
        recognition = self.session._activity._audio_recognition  # type: ignore[union-attr] # it runs
        assert recognition is not None
        await recognition._on_vad_event(_speech(vad.VADEventType.START_OF_SPEECH))
        self._silent_since = asyncio.get_running_loop().time()
        await recognition._on_vad_event(_speech(vad.VADEventType.END_OF_SPEECH))
        heard = stt.SpeechData(language=LanguageCode("en"), text=text)
        await recognition._on_stt_event(
            stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[heard])
        )
        await asyncio.sleep(silence)

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        if not isinstance(event.item, llm.ChatMessage) or event.item.role != "user":
            return
        silence = asyncio.get_running_loop().time() - self._silent_since
        self.turns.append((event.item.text_content or "", silence < 1.0))
        self.dictation.turn_began()


def _speech(kind: vad.VADEventType) -> vad.VADEvent:
    return vad.VADEvent(
        type=kind, samples_index=0, timestamp=0.0, speech_duration=1.0, silence_duration=0.0, speaking=False
    )


@contextlib.asynccontextmanager
async def calling() -> AsyncIterator[Caller]:
    """A call, which ends in the virtual time of its test."""
    caller = Caller()
    await caller.start()
    yield caller
    await caller.session.aclose()


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_a_turn_waits_for_the_rest_of_an_address_while_one_is_asked_for() -> None:
    async with calling() as caller:
        caller.dictation.expect("email", "en")
        await caller.says("anna at", 2.0)
        await caller.says("example", 2.0)
        assert caller.turns == []
        await caller.says("dot com", 2.0)
        assert caller.turns == [("anna at example dot com", True)]


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_a_turn_does_not_wait_for_ever() -> None:
    async with calling() as caller:
        caller.dictation.expect("email", "en")
        await caller.says("anna at", WHOLE_VALUE_SECONDS + 0.1)
        assert caller.turns == [("anna at", False)]
        # The wait belongs to that turn alone.
        await caller.says("I have to look it up", 2.0)
        assert caller.turns[1:] == [("I have to look it up", True)]


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_without_a_field_that_is_asked_for_no_turn_waits() -> None:
    async with calling() as caller:
        await caller.says("anna at", 2.0)
        caller.dictation.expect("email", "en")
        caller.dictation.expect("", "")
        await caller.says("anna at", 2.0)
        assert caller.turns == [("anna at", True), ("anna at", True)]


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_a_conversation_waits_for_a_dictated_value_until_its_next_turn() -> None:
    call = await start(cast(lambda _: "I see.", greeting=""))
    session = call.conversation._session
    before = session.options.endpointing["min_delay"]
    call.conversation.expect("email", "en")
    session.emit("user_input_transcribed", UserInputTranscribedEvent(transcript="anna at", is_final=True))
    assert session.options.endpointing["min_delay"] == WHOLE_VALUE_SECONDS
    await call.asks("anna@example.com")
    assert session.options.endpointing["min_delay"] == before
    await call.ends()
