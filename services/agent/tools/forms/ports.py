"""What forms need of the call around them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.agent.tools.client_event import EventClients
from services.agent.tools.forms.submission import Submit
from services.agent.tools.forms.values import Context


class FormClients(EventClients, Protocol):
    """The data channel as forms use it."""

    @property
    def by_phone(self) -> bool:
        """Whether the caller has no page."""
        ...

    async def deliver(self, topic: str, payload: bytes, *, to_caller: bool = False) -> bool:
        """Publishes a packet at once; whether it was sent."""
        ...


@dataclass(frozen=True)
class FormSurroundings:
    """session_id: of the call. context: how the caller's words are understood at this moment."""

    session_id: str
    clients: FormClients
    submit: Submit
    context: Callable[[], Context]
