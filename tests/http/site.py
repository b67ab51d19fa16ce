"""A gateway, an owner who has signed in to it, and clients of every kind."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio

from services.gateway.app import running
from services.gateway.settings import GatewaySettings
from tests.fixtures.sessions import ORIGIN
from tests.http.conformance import hold

if TYPE_CHECKING:
    from tests.fixtures.sessions import MakeHouse, SessionsHouse

START = "/api/agents/agent-session/"
OWNER = {"email": "owner@shop.example", "password": "a long pass phrase"}
ERROR_KEYS = {"success", "message", "data", "errors", "code", "request_id"}
_TIMEOUT_SECONDS = 10.0


class Site:
    """A running gateway. Clients: of the owner with a token, of the owner with a key, of nobody."""

    def __init__(self, house: SessionsHouse, base_url: str, stack: AsyncExitStack) -> None:
        self.house = house
        self.base_url = base_url
        self._stack = stack
        self.nobody: httpx.AsyncClient
        self.owner: httpx.AsyncClient
        self.keyed: httpx.AsyncClient
        self.access = ""
        self.key = ""

    async def sign_in(self) -> None:
        """Makes the clients, over the API itself."""
        self.nobody = await self.client()
        answer = await self.nobody.post("/api/auth/login/", json=OWNER)
        assert answer.status_code == 200, answer.text
        self.access = answer.json()["access"]
        self.owner = await self.client(Authorization=f"Bearer {self.access}")
        self.key = (await self.owner.post("/api/auth/api-keys/", json={"name": "tests"})).json()["key"]
        self.keyed = await self.client(**{"x-api-key": self.key})

    async def client(self, **headers: str) -> httpx.AsyncClient:
        """A client that sends these headers, and holds every answer against the OpenAPI document."""
        return await self._stack.enter_async_context(
            httpx.AsyncClient(
                base_url=self.base_url, headers=headers, timeout=_TIMEOUT_SECONDS, event_hooks={"response": [hold]}
            )
        )

    async def stranger(self) -> httpx.AsyncClient:
        """Somebody of another tenant, signed in."""
        account = {"email": f"{secrets.token_hex(4)}@other.example", "password": "another long phrase"}
        answer = await self.nobody.post("/api/auth/signup/", json=account)
        assert answer.status_code == 201, answer.text
        return await self.client(Authorization=f"Bearer {answer.json()['access']}")

    async def start(self, origin: str | None = ORIGIN, **asked: Any) -> httpx.Response:
        """A page of `origin` starts a call."""
        headers = {} if origin is None else {"Origin": origin}
        return await self.nobody.post(START, json={"agent": "support-bot", **asked}, headers=headers)

    async def sessions(self) -> list[dict[str, Any]]:
        """Every call of the owner."""
        answer = await self.keyed.get("/api/billing/usage/")
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["data"]["sessions"]["data"]
        return rows


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, which must be that of contract 14.1."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body: dict[str, Any] = answer.json()
    assert set(body) == ERROR_KEYS
    assert (body["success"], body["data"], body["code"]) == (False, None, code)
    assert isinstance(body["errors"], dict)
    assert all(isinstance(faults, list) and faults for faults in body["errors"].values())
    assert len(body["message"]) > 10
    assert "Traceback" not in answer.text
    assert body["request_id"] == answer.headers["x-request-id"]
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    if status in (429, 503):
        assert int(answer.headers["retry-after"]) >= 1
    return body


MakeSite = Callable[..., Awaitable[Site]]


@pytest.fixture
def web_dir(tmp_path: Path) -> Path:
    """Folder for built pages; nothing is built yet."""
    return tmp_path / "dist"


@pytest_asyncio.fixture
async def make_site(make_house: MakeHouse, web_dir: Path, keys_dir: Path) -> AsyncIterator[MakeSite]:
    """Makes the site with settings of the gateway that differ, and of accounts and sessions in mappings of theirs."""
    async with AsyncExitStack() as stack:

        async def make(
            accounts: Mapping[str, Any] | None = None, sessions: Mapping[str, Any] | None = None, **differing: Any
        ) -> Site:
            house = await make_house(accounts, **(sessions or {}))
            settings = GatewaySettings(
                **{
                    "listen": "127.0.0.1:0",
                    "keys_dir": keys_dir,
                    "accounts_address": house.settings.accounts_address,
                    "characters_address": house.settings.characters_address,
                    "sessions_address": house.settings.listen,
                    "web_dir": web_dir,
                    **differing,
                }
            )
            api = await stack.enter_async_context(running(settings))
            made = Site(house, f"http://127.0.0.1:{api.port}", stack)
            await made.sign_in()
            return made

        yield make


@pytest_asyncio.fixture
async def site(make_site: MakeSite) -> Site:
    """The site with settings as they come."""
    return await make_site()
