"""A reader of server-sent events, as the HTML standard has them parsed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

SECONDS = 10.0


@dataclass(frozen=True)
class Event:
    """One event."""

    name: str
    id: str
    data: dict[str, Any]


class Reader:
    """Reads a stream in a task. events: all that came. comments: heartbeats. over: the stream has ended."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.events: list[Event] = []
        self.comments: list[str] = []
        self.retry: list[str] = []
        self.over = False
        self._news = asyncio.Condition()

    @property
    def last_id(self) -> str:
        """What is sent to come back."""
        return self.events[-1].id

    def named(self, name: str) -> list[dict[str, Any]]:
        """The data of the events of one name."""
        return [event.data for event in self.events if event.name == name]

    async def until(self, fits: Callable[[Reader], object]) -> None:
        """Waits until what came fits."""
        try:
            async with asyncio.timeout(SECONDS), self._news:
                await self._news.wait_for(lambda: fits(self))
        except TimeoutError:
            raise AssertionError(f"came: {self.events}, over: {self.over}") from None

    async def read(self) -> None:
        """Reads to the end."""
        try:
            await self._read()
        except httpx.TransportError:
            pass
        finally:
            self.over = True
            async with self._news:
                self._news.notify_all()

    async def _read(self) -> None:
        fields: dict[str, str] = {}
        async for line in self.response.aiter_lines():
            name, _, value = line.partition(":")
            if line and not name:
                self.comments.append(value.strip())
            elif line:
                fields[name] = value.removeprefix(" ")
                if name == "retry":
                    self.retry.append(value.strip())
            elif "data" in fields:
                self.events.append(Event(fields["event"], fields["id"], json.loads(fields["data"])))
                fields = {}
            async with self._news:
                self._news.notify_all()


@asynccontextmanager
async def reading(client: httpx.AsyncClient, session_id: str, last_event_id: str = "") -> AsyncIterator[Reader]:
    """Watches a call with a client's credential."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    async with client.stream("GET", path(session_id), headers=headers, timeout=30) as response:
        assert response.status_code == 200, await response.aread()
        reader = Reader(response)
        task = asyncio.create_task(reader.read(), name="event-reader")
        try:
            yield reader
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def path(session_id: str) -> str:
    """Where a call is watched."""
    return f"/api/agents/sessions/{session_id}/events/"
