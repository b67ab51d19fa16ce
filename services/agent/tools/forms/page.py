"""The caller's page, if there is one: what is sent to it, and whether it shows a form."""

import asyncio
import json

import structlog

from services.agent.client.messages import MAX_MESSAGE_BYTES, FormControl
from services.agent.tools.forms.filling import Filling
from services.agent.tools.forms.form import Form
from services.agent.tools.forms.ports import FormClients
from services.kit.forms import naming

# A page that shows a form tells so within this time of its opening.
_SHOWN_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class Page:
    """The page of one call. All messages go to the caller alone."""

    def __init__(self, clients: FormClients) -> None:
        self._clients = clients
        self._told = asyncio.Event()

    async def open(self, form: Form, values: dict[str, str]) -> bool:
        """Sends the opening of a form on all its topics; whether it was sent."""
        payload = json.dumps(values, ensure_ascii=False).encode()
        return all([await self._deliver(topic, payload) for topic in naming.opening_topics(form.definition)])

    async def steer(self, message: FormControl) -> bool:
        """Sends a message that steers a form; whether it was sent."""
        return await self._deliver(message.topic, message.payload())

    def has_told(self) -> None:
        """Notes that the page has told of a form."""
        self._told.set()

    async def shows(self, filling: Filling) -> bool:
        """Whether the page shows a form. Waits until it had the time to tell so."""
        now = asyncio.get_running_loop().time
        while not filling.on_page and not self._clients.by_phone:
            self._told.clear()
            try:
                async with asyncio.timeout(filling.opened_at + _SHOWN_SECONDS - now()):
                    await self._told.wait()
            except TimeoutError:
                break
        return filling.on_page

    async def _deliver(self, topic: str, payload: bytes) -> bool:
        if len(payload) > MAX_MESSAGE_BYTES:
            _log.warning("a message about a form is too large and was not sent", topic=topic, bytes=len(payload))
            return False
        return await self._clients.deliver(topic, payload, to_caller=True)
