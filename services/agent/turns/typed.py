"""Makes turns of what the caller types."""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog
from livekit.agents import AgentSession, llm

from services.agent.metrics import ignored_messages
from services.kit.tasks import end

# Messages that are typed within this time are one turn.
_BURST_SECONDS = 0.05
# Most messages of one burst. Later ones are ignored and counted.
_MAX_WAITING = 256
# Longest wait for the end of the reply that the caller interrupts. livekit-agents needs at most 5 s.
_INTERRUPTION_SECONDS = 6.0
_MAX_REMEMBERED = 64
_log = structlog.get_logger(__name__)


class TypedMessages:
    """The typed messages of one call. A message interrupts the agent and is answered.

    unanswered: called with messages that come too late for an answer.
    """

    def __init__(self, session: AgentSession[None], unanswered: Callable[[str], object]) -> None:
        self._session = session
        self._unanswered = unanswered
        self._waiting: list[str] = []
        self._arrived = asyncio.Event()
        self._turns: deque[str] = deque(maxlen=_MAX_REMEMBERED)
        self._task: asyncio.Task[None] | None = None

    def add(self, text: str) -> bool:
        """Adds a message. Returns whether it was taken."""
        if len(self._waiting) >= _MAX_WAITING:
            ignored_messages.labels("too_many").inc()
            return False
        self._waiting.append(text)
        self._arrived.set()
        return True

    def has(self, item: llm.ChatMessage) -> bool:
        """Whether a turn of the caller was typed."""
        return item.id in self._turns

    def start(self, on_fault: Callable[[], object]) -> None:
        """Begins to answer messages. on_fault: called if that ends by itself, which it never should."""

        def done(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (fault := task.exception()):
                _log.error("typed messages are not answered any more", exc_info=fault)
                on_fault()

        self._task = asyncio.create_task(self._run(), name="typed-messages")
        self._task.add_done_callback(done)

    async def close(self) -> None:
        """Stops. Reports the messages that are left."""
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
            self._answer(self._take())

    def _answer(self, text: str) -> None:
        message = llm.ChatMessage(role="user", content=[text])
        self._turns.append(message.id)
        try:
            self._session.generate_reply(user_input=message)
        except RuntimeError as fault:
            _log.info("typed message not answered", fault=str(fault))
            self._unanswered(text)

    def _give_up(self) -> None:
        if text := self._take():
            self._unanswered(text)

    def _take(self) -> str:
        texts, self._waiting = self._waiting, []
        self._arrived.clear()
        return "\n".join(texts)
