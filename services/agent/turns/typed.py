"""Makes turns of what the caller types."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from livekit.agents import AgentSession, llm

from services.agent.metrics import ignored_messages
from services.kit.tasks import end

# Messages that are typed within this time are sent to the model together.
_BURST_SECONDS = 0.05
# Most messages of one turn. Later ones are ignored and counted.
_MAX_MESSAGES = 256
# Longest wait for the end of the reply that the caller interrupts. livekit-agents needs at most 5 s.
_INTERRUPTION_SECONDS = 6.0
_MAX_REMEMBERED = 64
_log = structlog.get_logger(__name__)

# Takes the text of a turn so far, and whether the turn has been sent to the model before.
Began = Callable[[str, bool], object]
# Takes the text of a turn, and when its first message came, in seconds since the epoch.
Complete = Callable[[str, float], object]


@dataclass
class _Turn:
    """The messages that one answer is for. message: the model's view of them."""

    began_at: float
    texts: list[str] = field(default_factory=list)
    message: llm.ChatMessage = field(default_factory=lambda: llm.ChatMessage(role="user", content=[]))

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


class TypedMessages:
    """The typed messages of one call. A message interrupts the agent and is answered.

    Messages that come before the answer begins are one turn, and one message for the model. began: called each time
    the turn is sent to the model. complete: called once for each turn, when nothing more can be added to it.
    """

    def __init__(self, session: AgentSession[None], began: Began, complete: Complete) -> None:
        self._session = session
        self._tell_began = began
        self._tell_complete = complete
        self._waiting: list[str] = []
        self._waiting_since = 0.0
        self._arrived = asyncio.Event()
        self._open: _Turn | None = None
        self._message_ids: deque[str] = deque(maxlen=_MAX_REMEMBERED)
        self._task: asyncio.Task[None] | None = None

    def add(self, text: str) -> bool:
        """Adds a message. Returns whether it was taken."""
        if len(self._waiting) + (len(self._open.texts) if self._open is not None else 0) >= _MAX_MESSAGES:
            ignored_messages.labels("too_many").inc()
            return False
        if not self._waiting:
            self._waiting_since = time.time()
        self._waiting.append(text)
        self._arrived.set()
        return True

    def has(self, item: llm.ChatMessage) -> bool:
        """Whether a message of the caller was typed."""
        return item.id in self._message_ids

    def complete(self) -> None:
        """Completes the open turn, if there is one: its answer has begun, or none will come."""
        if self._open is not None:
            turn, self._open = self._open, None
            self._tell_complete(turn.text, turn.began_at)

    def start(self, on_fault: Callable[[], object]) -> None:
        """Begins to answer messages. on_fault: called if that ends by itself, which it never should."""

        def done(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (fault := task.exception()):
                _log.error("typed messages are not answered any more", exc_info=fault)
                on_fault()

        self._task = asyncio.create_task(self._run(), name="typed-messages")
        self._task.add_done_callback(done)

    async def close(self) -> None:
        """Stops. Completes the open turn with the messages that are left."""
        if self._task is not None:
            await end(self._task)
        self._give_up()

    async def _run(self) -> None:
        """Answers messages.

        The interrupted reply is first written down, so that the history and the model have both in the order in which
        they were said.
        """
        while True:
            await self._arrived.wait()
            try:
                async with asyncio.timeout(_INTERRUPTION_SECONDS):
                    await asyncio.gather(self._session.interrupt(), asyncio.sleep(_BURST_SECONDS))
            except TimeoutError:
                _log.warning("a reply was not interrupted in time")
                continue
            except RuntimeError as fault:
                # The agent says goodbye, or the call is over.
                _log.info("typed message not answered", fault=str(fault))
                self._give_up()
                continue
            self._answer()

    def _answer(self) -> None:
        """Sends the open turn with the new messages to the model.

        If the model's context already has the turn's message, that message gets the new text: what followed it, such
        as the result of a tool, stays behind it.
        """
        sent_before = self._open is not None
        turn = self._take()
        message = turn.message
        message.content = [turn.text]
        self._message_ids.append(message.id)
        try:
            if self._session.current_agent.chat_ctx.get_by_id(message.id) is None:
                self._session.generate_reply(user_input=message)
            else:
                self._session.generate_reply()
        except RuntimeError as fault:
            _log.info("typed message not answered", fault=str(fault))
            self._tell_began(turn.text, sent_before)
            self.complete()
        else:
            self._tell_began(turn.text, sent_before)

    def _give_up(self) -> None:
        if self._waiting:
            self._take()
        self.complete()

    def _take(self) -> _Turn:
        """The open turn with the messages that waited. Begins one if there is none."""
        if self._open is None:
            self._open = _Turn(self._waiting_since)
        self._open.texts += self._waiting
        self._waiting = []
        self._arrived.clear()
        return self._open
