"""Tools of the kind `client_event` (contract 7.6, 14.8, 14.13): a message to the client, which may answer."""

import asyncio
import json
from collections import deque
from typing import Any, Protocol

from services.agent.client.messages import MAX_MESSAGE_BYTES, ClientAnswer
from services.agent.client.router import Router
from services.agent.tools.tool import Arguments, Outcome, as_text, failure
from services.kit.character_definition.tools import ClientEventConfig

_DELIVERED = as_text({"delivered": True})
# Most calls of one topic that wait for an answer.
_MAX_WAITING = 32


class EventClients(Protocol):
    """The data channel as a tool uses it."""

    @property
    def router(self) -> Router:
        """Where handlers of answers are added."""
        ...

    async def deliver(self, topic: str, payload: bytes) -> bool:
        """Publishes a packet at once; whether it was sent."""
        ...


class ClientEvent:
    """Carries out the calls of one tool."""

    def __init__(self, config: ClientEventConfig, clients: EventClients) -> None:
        self._topic = config.topic
        self._reply_seconds = config.await_reply_seconds
        self._clients = clients
        self._waiting: deque[tuple[Any, asyncio.Future[Any]]] = deque(maxlen=_MAX_WAITING)
        if self._reply_seconds:
            clients.router.on_topic(f"{config.topic}.reply", ClientAnswer, self._on_answer)

    async def __call__(self, arguments: Arguments) -> Outcome:
        """Sends the arguments as they are. The result is the client's answer if the tool waits for one."""
        payload = json.dumps(arguments, ensure_ascii=False).encode()
        if len(payload) > MAX_MESSAGE_BYTES:
            return failure("too_large", f"The arguments take more than {MAX_MESSAGE_BYTES} bytes; nothing was sent.")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        entry = (arguments.get("id"), answer)
        self._waiting.append(entry)
        try:
            if not await self._clients.deliver(self._topic, payload):
                return failure("not_delivered", "The message could not be sent to the caller's device.")
            if not self._reply_seconds:
                return Outcome(_DELIVERED)
            async with asyncio.timeout(self._reply_seconds):
                return Outcome(as_text(await answer))
        except TimeoutError:
            return failure("timeout", f"The caller's device did not answer within {self._reply_seconds:g} seconds.")
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    def _on_answer(self, answer: ClientAnswer) -> None:
        """Gives an answer to the call with its `id`, or else to the one that waits longest."""
        given = answer.root.get("id") if isinstance(answer.root, dict) else None
        open_calls = [(id_, future) for id_, future in self._waiting if not future.done()]
        same = [future for id_, future in open_calls if given is not None and id_ == given]
        if future := next(iter(same or [future for _, future in open_calls]), None):
            future.set_result(answer.root)
