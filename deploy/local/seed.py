"""Makes the demo account and its characters over HTTP, as any client does."""

import json
import secrets
from pathlib import Path
from typing import Any, TypedDict

import httpx

from deploy.local.demo import booking, shop
from deploy.local.secret import Secrets
from deploy.local.settings import LocalSettings
from services.kit.character_definition.masks import mask
from services.kit.secret_files import write_private

_SECONDS = 10.0
_EMAIL = "demo@callbox.example.com"
_KEY_NAME = "demo"
_CHARACTERS = "/api/ai-characters/"
SLUG = "support-bot"


class Demo(TypedDict):
    """Content of `demo.json`."""

    base_url: str
    email: str
    password: str
    api_key: str
    character: str


class SeedFailed(Exception):
    """The gateway refused the demo account or one of its characters; the message has its answer."""


def demo_path(settings: LocalSettings) -> Path:
    """The file with the demo's credentials."""
    return settings.folder / "demo.json"


def read_demo(settings: LocalSettings) -> Demo | None:
    """The demo's credentials; None if the file is missing or not valid."""
    try:
        demo: Demo = json.loads(demo_path(settings).read_text())
        return demo if demo.keys() >= Demo.__required_keys__ else None
    except (OSError, ValueError):
        return None


def character(settings: LocalSettings) -> dict[str, Any]:
    """The demo character, with few facts: the local model is small."""
    return {
        "slug": SLUG,
        "name": "Lumen Lamps support",
        "character_type": "SUPPORT_AGENT",
        "language": "en",
        "greeting": GREETING,
        "system_prompt": PROMPT,
        "allowed_origins": _origins(settings),
    }


def _origins(settings: LocalSettings) -> list[str]:
    return sorted({settings.base_url, f"http://localhost:{settings.port}"})


GREETING = "Hello, this is Lumen Lamps. How can I help you?"

PROMPT = """\
You are a customer service agent of the lamp shop Lumen Lamps. You know this:

We open at 10 AM on Saturday.
We close at 4 PM on Saturday.
We are closed on Sunday.
We open at 9 AM from Monday to Friday.
We close at 6 PM from Monday to Friday.
We repair lamps every Tuesday.
We take lamps back within 30 days.
We deliver lamps for 5 dollars.

Answer in one short sentence."""


async def seed(settings: LocalSettings) -> Demo:
    """Makes the account, key, characters and documents if they are missing.

    The documents are read afterwards, by the document reader.

    Raises: SeedFailed.
    """
    old = read_demo(settings)
    email = old["email"] if old else _EMAIL
    password = old["password"] if old else secrets.token_urlsafe(18)
    async with httpx.AsyncClient(base_url=settings.base_url, timeout=_SECONDS, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {await _access(client, email, password, known=old is not None)}"
        key = old["api_key"] if old else ""
        if not key or not await _works(client, key):
            made = await _ask(client, "POST", "/api/auth/api-keys/", {"name": _KEY_NAME}, expect=201)
            key = str(made["key"])
        if await _is_missing(client, SLUG, _origins(settings)):
            await _ask(client, "POST", _CHARACTERS, character(settings), expect=201)
        await _booking(client, settings)
    demo = Demo(base_url=settings.base_url, email=email, password=password, api_key=key, character=SLUG)
    if demo != old:
        write_private(demo_path(settings), json.dumps(demo, indent=2).encode())
    return demo


async def _access(client: httpx.AsyncClient, email: str, password: str, *, known: bool) -> str:
    body = {"email": email, "password": password}
    if known:
        answer = await _send(client, "POST", "/api/auth/login/", body)
        if answer.status_code == 200:
            return str(answer.json()["access"])
    answer = await _send(client, "POST", "/api/auth/signup/", body)
    if answer.status_code == 409:
        raise SeedFailed(
            f"The account {email} exists but its password is not in demo.json. Put the file back, or move the data "
            "folder away to start again."
        )
    return str(_checked(answer, 201)["access"])


async def _works(client: httpx.AsyncClient, key: str) -> bool:
    headers = {"X-API-Key": key, "Authorization": ""}
    try:
        answer = await client.get("/api/billing/usage/", headers=headers)
    except httpx.HTTPError as fault:
        raise SeedFailed(f"The gateway at {client.base_url} did not answer: {fault!r}.") from None
    return answer.status_code != 401


async def _booking(client: httpx.AsyncClient, settings: LocalSettings) -> None:
    """Makes `booking-bot` with its documents, or lets it find the shop at its present port and with its secret."""
    secret = Secrets(settings.folder).password("shop")
    if not await _is_missing(client, booking.SLUG, _origins(settings)):
        await _correct_shop(client, booking.find_order(settings.shop_port, secret))
        return
    wanted = booking.character(settings.shop_port, secret, _origins(settings), colleague=SLUG)
    await _ask(client, "POST", _CHARACTERS, wanted, expect=201)
    try:
        for path in booking.documents():
            _checked(await _upload(client, path), 201)
    except SeedFailed:
        # The next start makes both again. It would not add documents to a character that is there.
        await _send(client, "DELETE", _address(booking.SLUG))
        raise
    colleague = _checked(await _send(client, "GET", _address(SLUG)), 200)
    if not colleague["handoff_targets"]:
        await _ask(client, "PATCH", _address(SLUG), {"handoff_targets": [{"slug": booking.SLUG}]}, expect=200)


async def _correct_shop(client: httpx.AsyncClient, wanted: dict[str, Any]) -> None:
    """Corrects URL and secret of the tool that asks the shop, unless the operator gave it to another server."""
    tools = _checked(await _send(client, "GET", _address(booking.SLUG)), 200)["tools"]
    tool = next((each for each in tools if each["name"] == booking.FIND_ORDER), None)
    if tool is None or not shop.is_at(tool["config"].get("url", "")):
        return
    config = {**tool["config"], **{name: wanted["config"][name] for name in ("url", "headers")}}
    shown = {name: mask(value) for name, value in config["headers"].items()}
    if {**config, "headers": shown} != tool["config"]:
        tools = [{**each, "config": config} if each is tool else each for each in tools]
        await _ask(client, "PATCH", _address(booking.SLUG), {"tools": tools}, expect=200)


async def _is_missing(client: httpx.AsyncClient, slug: str, origins: list[str]) -> bool:
    """Whether the character is missing. One that is there keeps the operator's changes, and gets missing origins."""
    answer = await _send(client, "GET", _address(slug))
    if answer.status_code == 404:
        return True
    there = _checked(answer, 200).get("allowed_origins", [])
    # The port may have changed since the last start.
    if missing := [origin for origin in origins if origin not in there]:
        await _ask(client, "PATCH", _address(slug), {"allowed_origins": [*there, *missing]}, expect=200)
    return False


def _address(slug: str) -> str:
    return f"{_CHARACTERS}{slug}/"


async def _ask(client: httpx.AsyncClient, method: str, path: str, body: Any, *, expect: int) -> dict[str, Any]:
    return _checked(await _send(client, method, path, body), expect)


async def _upload(client: httpx.AsyncClient, path: Path) -> httpx.Response:
    files = {"file": (path.name, path.read_bytes(), "text/markdown")}
    return await _send(client, "POST", f"/api/knowledge-base/{booking.SLUG}/documents/", files=files)


async def _send(
    client: httpx.AsyncClient, method: str, path: str, body: Any = None, *, files: Any = None
) -> httpx.Response:
    try:
        return await client.request(method, path, json=body, files=files)
    except httpx.HTTPError as fault:
        raise SeedFailed(f"The gateway at {client.base_url} did not answer {method} {path}: {fault!r}.") from None


def _checked(answer: httpx.Response, expect: int) -> dict[str, Any]:
    if answer.status_code != expect:
        text = answer.text[:500]
        raise SeedFailed(f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {text}")
    body: dict[str, Any] = answer.json()
    return body
