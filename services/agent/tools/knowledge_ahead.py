"""Looks up what the caller asks while the caller still speaks, so that the answer knows it without waiting (own)."""

import asyncio
import time

import structlog
from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents.utils import shortuuid

from services.agent.moments import Heard, Moments, ToolCalled, TurnBegan
from services.agent.tools.delimited import for_model
from services.agent.tools.knowledge import Search, passage_of
from services.agent.tools.part import Dialogue, OwnAnswer, Turn
from services.agent.tools.tool import Outcome, as_text
from services.kit.errors import CallboxError
from services.kit.tasks import end

NAME = "automatic_context"
_INTRODUCTION = "Passages of your documents that may help with what the caller says now."
_PASSAGES = 3
_MAX_CHARACTERS = 3_000
_MAX_QUERY_CHARACTERS = 500
# Fewer words ask nothing. So many new ones are looked up again while the caller goes on.
_LEAST_WORDS, _NEW_WORDS = 3, 3
# What is typed comes at once, and the end of a sentence that is spoken late. An answer waits so long for its passages.
_WAIT_SECONDS = 0.15
_log = structlog.get_logger(__name__)


class KnowledgeAhead:
    """The passages for the turn that is being spoken. search: over the character's documents."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._moments: Moments | None = None
        self._is_listening = False
        self._words: list[str] = []
        self._asked: list[str] = []
        self._found = ""
        self._is_over = False
        self._untold: tuple[str, str, float, float] | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, dialogue: Dialogue) -> None:
        """Listens to the caller: the character takes the call."""
        if not self._is_listening:
            self._is_listening = True
            dialogue.moments.heard.add(self._on_heard)
            dialogue.moments.turn_began.add(self._on_turn)
        self._moments = dialogue.moments

    async def answer(self, turn: Turn) -> OwnAnswer | None:
        """None: the model answers."""

    def caller_returned(self) -> None:
        """Nothing was missed."""

    async def leave(self) -> None:
        """Stops: another character takes the call."""
        await self.close()

    async def close(self) -> None:
        """Stops."""
        self._moments = None
        if self._task is not None:
            await end(self._task)

    async def note(self, *, ahead: bool = False) -> str:
        """What the model is told with its next answer; may be empty, and always is ahead of the turn."""
        if ahead:
            return ""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task], timeout=_WAIT_SECONDS)
        return f"{_INTRODUCTION}\n{self._found}" if self._found else ""

    def _on_heard(self, event: Heard) -> None:
        if self._is_over:
            self._is_over, self._words, self._asked, self._found = False, [], [], ""
            self._untold = None
        self._follow(event.text)

    def _on_turn(self, event: TurnBegan) -> None:
        if event.typed:
            self._on_heard(Heard(event.text))
        else:
            self._follow(event.text)
        self._is_over = True
        self._tell()

    def _follow(self, text: str) -> None:
        """Looks the words up, unless that is being done; then they are looked up afterwards."""
        self._words = text.split()
        is_idle = self._task is None or self._task.done()
        if is_idle and self._moments is not None and self._is_new():
            self._task = asyncio.create_task(self._look_up(), name="automatic context")

    def _is_new(self) -> bool:
        if len(self._words) < _LEAST_WORDS:
            return False
        return len(self._words) - len(self._asked) >= _NEW_WORDS or (self._is_over and self._words != self._asked)

    async def _look_up(self) -> None:
        while self._is_new():
            words = self._asked = self._words
            query, began, clock = " ".join(words)[-_MAX_QUERY_CHARACTERS:], time.time(), time.monotonic()
            try:
                found = await self._search(query, _PASSAGES)
            except CallboxError as fault:
                _log.warning("no automatic context", code=fault.code)
                return
            if self._asked is not words:
                continue  # the caller has begun another turn
            text = as_text([passage_of(each) for each in found.passages]) if found.passages else ""
            self._found = for_model(Outcome(text), _MAX_CHARACTERS) if text else ""
            self._untold = (query, text, began, time.monotonic() - clock) if text else None
            if self._is_over:
                self._tell()

    def _tell(self) -> None:
        """Tells what the answer knows, for the history."""
        if self._untold is not None and self._moments is not None:
            query, text, began, seconds = self._untold
            self._untold = None
            called = ToolCalled(shortuuid("call_"), NAME, pb.TOOL_KIND_KB, {"query": query}, text, "", began, seconds)
            self._moments.tool_called.tell(called)
