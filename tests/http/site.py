"""A gateway, an owner who has signed in to it, and clients of every kind."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio

from services.gateway.app import running
from services.gateway.settings import GatewaySettings
from tests.fixtures.own_stack import needs_own_stack
from tests.fixtures.sessions import ORIGIN
from tests.fixtures.shared_stack import Credentials
from tests.fixtures.tenants import OWNER
from tests.http.conformance import hold

if TYPE_CHECKING:
    from tests.fixtures.sessions import MakeHouse, SessionsHouse
    from tests.fixtures.shared_stack import SharedStack

START = "/api/agents/agent-session/"
ERROR_KEYS = {"success", "message", "data", "errors", "code", "request_id"}
_TIMEOUT_SECONDS = 10.0
# Nothing here speaks TLS; to read the trusted authorities for each client would take longer than its requests.
_TLS = ssl.create_default_context()


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
        async with httpx.AsyncClient(base_url=self.base_url, timeout=_TIMEOUT_SECONDS, verify=_TLS) as nobody:
            answer = await nobody.post("/api/auth/login/", json=OWNER)
            assert answer.status_code == 200, answer.text
            access = answer.json()["access"]
            answer = await nobody.post(
                "/api/auth/api-keys/", json={"name": "tests"}, headers={"Authorization": f"Bearer {access}"}
            )
        await self.enter(Credentials(access, answer.json()["key"]))

    async def enter(self, credentials: Credentials) -> None:
        """Makes the clients, with credentials of the owner."""
        self.access, self.key = credentials.access_token, credentials.api_key
        self.nobody = await self.client()
        self.owner = await self.client(Authorization=f"Bearer {self.access}")
        self.keyed = await self.client(**{"x-api-key": self.key})

    async def client(self, **headers: str) -> httpx.AsyncClient:
        """A client that sends these headers, and holds every answer against the OpenAPI document."""
        return await self._stack.enter_async_context(
            httpx.AsyncClient(
                base_url=self.base_url,
                headers=headers,
                timeout=_TIMEOUT_SECONDS,
                event_hooks={"response": [hold]},
                verify=_TLS,
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


def gateway_settings(house: SessionsHouse, **given: Any) -> GatewaySettings:
    """Settings of a gateway before the services of a house."""
    return GatewaySettings(
        **{
            "listen": "127.0.0.1:0",
            "keys_dir": house.settings.keys_dir,
            "accounts_address": house.settings.accounts_address,
            "characters_address": house.settings.characters_address,
            "sessions_address": house.settings.listen,
            **given,
        }
    )


@pytest.fixture
def web_dir(tmp_path: Path) -> Path:
    """Folder for built pages; nothing is built yet."""
    return tmp_path / "dist"


@pytest_asyncio.fixture
async def make_site(make_house: MakeHouse, web_dir: Path) -> AsyncIterator[MakeSite]:
    """Makes the site with settings of the gateway that differ, and of accounts and sessions in mappings of theirs."""
    async with AsyncExitStack() as stack:

        async def make(
            accounts: Mapping[str, Any] | None = None, sessions: Mapping[str, Any] | None = None, **differing: Any
        ) -> Site:
            house = await make_house(accounts, **(sessions or {}))
            settings = gateway_settings(house, **{"web_dir": web_dir, **differing})
            api = await stack.enter_async_context(running(settings))
            made = Site(house, f"http://127.0.0.1:{api.port}", stack)
            await made.sign_in()
            return made

        yield make


@pytest_asyncio.fixture
async def own_site(make_site: MakeSite) -> Site:
    """A site with services of its own and settings as they come."""
    return await make_site()


@pytest_asyncio.fixture
async def shared_site(shared_house: SessionsHouse, shared_stack: SharedStack) -> AsyncIterator[Site]:
    """A site of the services that tests share, which have nothing in them but its owner and the owner's character."""
    async with AsyncExitStack() as stack:
        made = Site(shared_house, shared_stack.base_url, stack)
        await made.enter(await shared_stack.credentials(shared_house.user_id))
        yield made


@pytest_asyncio.fixture
async def make_gateway(shared_site: Site, web_dir: Path) -> AsyncIterator[MakeSite]:
    """Makes a site of the shared services with a gateway of its own, whose settings differ."""
    async with AsyncExitStack() as stack:

        async def make(**differing: Any) -> Site:
            settings = gateway_settings(shared_site.house, **{"web_dir": web_dir, **differing})
            api = await stack.enter_async_context(running(settings))
            made = Site(shared_site.house, f"http://127.0.0.1:{api.port}", stack)
            await made.enter(Credentials(shared_site.access, shared_site.key))
            return made

        yield make


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Site:
    """A site of the shared services, or one of its own for a test marked `own_stack`."""
    made: Site = request.getfixturevalue("own_site" if needs_own_stack(request) else "shared_site")
    return made
