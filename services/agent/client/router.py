"""Parses packets of the data channel into typed messages and calls their handlers."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from services.agent.client.messages import MAX_MESSAGE_BYTES, Incoming
from services.agent.metrics import ignored_messages

M = TypeVar("M", bound=Incoming)


class Router:
    """The handlers of one call. A message that cannot be parsed is counted and ignored; it never ends a call."""

    def __init__(self) -> None:
        self._routes: dict[str, tuple[type[Incoming], Callable[[Any], object]]] = {}

    def on(self, kind: type[M], handler: Callable[[M], object], topic: str = "") -> None:
        """Calls `handler` with each message of a kind. topic: if it is not the kind's own."""
        self._routes[topic or kind.topic] = (kind, handler)

    def takes(self, topic: str) -> bool:
        """Whether a topic has a handler."""
        return topic in self._routes

    def receive(self, topic: str, data: bytes) -> None:
        """Handles a packet from the caller. Topics without a handler are ignored: other programs use them."""
        if not self.takes(topic):
            return
        if len(data) > MAX_MESSAGE_BYTES:
            ignored_messages.labels("too_large").inc()
            return
        kind, handler = self._routes[topic]
        try:
            message = kind.model_validate_json(data)
        except ValidationError:
            ignored_messages.labels("malformed").inc()
            return
        handler(message)
