"""Contract 14.12 (webhooks): the receivers in `examples/webhooks`, run against real deliveries."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from services.sessions.webhooks import signing
from tests.fixtures.post import TENANT, Post, post

__all__ = ["post"]

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "webhooks"
_COMMANDS = {
    "python": [sys.executable, "-u", str(_EXAMPLES / "receiver.py")],
    "node": ["node", str(_EXAMPLES / "receiver.mjs")],
}
_SECONDS = 20.0


class Receiver:
    """A running example. url: where it listens."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.url = ""

    async def line(self) -> str:
        """The next line it prints."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_SECONDS):
            return (await self._process.stdout.readline()).decode().strip()

    async def message(self) -> dict[str, object]:
        """The next message it handles."""
        message: dict[str, object] = json.loads(await self.line())
        return message


@asynccontextmanager
async def receiving(language: str, *secrets: str) -> AsyncIterator[Receiver]:
    process = await asyncio.create_subprocess_exec(
        *_COMMANDS[language],
        "0",
        env={**os.environ, "WEBHOOK_SECRET": ",".join(secrets)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        receiver = Receiver(process)
        word, _, port = (await receiver.line()).rpartition(" ")
        assert word == "listening on port"
        receiver.url = f"http://127.0.0.1:{port}/"
        yield receiver
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("language", _COMMANDS)
async def test_real_deliveries_are_taken_each_once_and_after_a_rotation_too(post: Post, language: str) -> None:
    secret, new = signing.new_secret(), signing.new_secret()
    async with receiving(language, secret) as receiver, post.courier():
        row = await post.endpoints.add(TENANT, receiver.url, [], True, post.vault.encrypt(secret))
        await post.happen("session.ended", session_id="sess_1", name="Zoë ☎")
        expected = {"type": "session.ended", "data": {"session_id": "sess_1", "name": "Zoë ☎"}}
        assert await receiver.message() == expected
        logged = await post.until_log(row["id"], "delivered")
        assert logged["http_status"] == 204
        # Sent again it is accepted, and not handled a second time: the next line is of the next message.
        await post.deliveries.send_again(TENANT, logged["id"])
        await post.until_log(row["id"], "delivered", attempts=2)
        await post.endpoints.rotate(TENANT, row["id"], post.vault.encrypt(new))
        await post.happen("session.started", session_id="sess_2")
        assert await receiver.message() == {"type": "session.started", "data": {"session_id": "sess_2"}}
        await post.until_log(row["id"], "delivered")
    async with receiving(language, new) as receiver, post.courier():
        await post.endpoints.change(TENANT, row["id"], receiver.url, None, None)
        await post.happen("session.started", session_id="sess_3")
        assert await receiver.message() == {"type": "session.started", "data": {"session_id": "sess_3"}}


@pytest.mark.parametrize("language", _COMMANDS)
async def test_what_is_not_from_callbox_is_refused(language: str) -> None:
    secret, other = signing.new_secret(), signing.new_secret()
    body = '{"type":"session.ended","data":{"session_id":"sess_1"}}'
    now = datetime.now(UTC)
    good = signing.headers("msg_1", body, now, [secret])
    async with receiving(language, secret) as receiver, httpx.AsyncClient(timeout=_SECONDS) as client:
        for headers, sent in (
            (good, body.replace("sess_1", "sess_2")),
            (good, body + " "),
            (good, ""),
            ({**good, "webhook-id": "msg_2"}, body),
            ({**good, "webhook-timestamp": str(int(now.timestamp()) + 1)}, body),
            ({**good, "webhook-signature": "v1,"}, body),
            ({**good, "webhook-signature": "v2," + good["webhook-signature"][3:]}, body),
            ({**good, "webhook-signature": "nonsense"}, body),
            ({**good, "webhook-timestamp": "soon"}, body),
            (signing.headers("msg_1", body, now, [other]), body),
            (signing.headers("msg_1", body, now - timedelta(minutes=6), [secret]), body),
            (signing.headers("msg_1", body, now + timedelta(minutes=6), [secret]), body),
            ({}, body),
        ):
            answer = await client.post(receiver.url, content=sent.encode(), headers=headers)
            assert answer.status_code == 400, headers
        assert (await client.post(receiver.url, content=b"x" * 1_048_577, headers=good)).status_code == 413
        assert (await client.post(receiver.url, content=body.encode(), headers=good)).status_code == 204
        # Of all those it has handled the good one alone.
        assert await receiver.message() == json.loads(body)
