"""Parses packets of the data channel into typed messages and calls their handlers."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.agent.client.messages import MAX_MESSAGE_BYTES, Incoming
from services.agent.metrics import ignored_messages

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T", bound=Incoming)


class _Typed(BaseModel):
    """The `type` of a message; anything where it has none."""

    type: Any = ""


class Router:
    """The handlers of one call. A message that cannot be parsed is counted and ignored; it never ends a call."""

    def __init__(self) -> None:
        # By topic and `type`; the type is empty for messages of any type that has no route of its own.
        self._routes: dict[tuple[str, str], tuple[type[BaseModel], Callable[[Any], object]]] = {}
        self._typed_topics: set[str] = set()

    def on(self, kind: type[T], handler: Callable[[T], object]) -> None:
        """Calls `handler` with each message of a kind that has a topic of its own."""
        self.on_topic(kind.topic, kind, handler)

    def on_topic(self, topic: str, kind: type[M], handler: Callable[[M], object]) -> None:
        """Calls `handler` with each message of a topic that a character's owner has named."""
        self._routes[topic, ""] = (kind, handler)

    def on_type(self, topic: str, type_: str, kind: type[M], handler: Callable[[M], object]) -> None:
        """Calls `handler` with those messages of a topic whose `type` is the given one."""
        self._routes[topic, type_] = (kind, handler)
        self._typed_topics.add(topic)

    def takes(self, topic: str) -> bool:
        """Whether a topic has a handler."""
        return topic in self._typed_topics or (topic, "") in self._routes

    def receive(self, topic: str, data: bytes) -> None:
        """Handles a packet from the caller. Topics without a handler are ignored: other programs use them."""
        if not self.takes(topic):
            return
        if len(data) > MAX_MESSAGE_BYTES:
            ignored_messages.labels("too_large").inc()
            return
        try:
            kind, handler = self._route(topic, data)
            message = kind.model_validate_json(data)
        except (ValidationError, KeyError):
            ignored_messages.labels("malformed").inc()
            return
        handler(message)

    def _route(self, topic: str, data: bytes) -> tuple[type[BaseModel], Callable[[Any], object]]:
        """The route of a message. Raises: ValidationError, KeyError."""
        type_ = _Typed.model_validate_json(data).type if topic in self._typed_topics else ""
        if isinstance(type_, str) and (topic, type_) in self._routes:
            return self._routes[topic, type_]
        return self._routes[topic, ""]
