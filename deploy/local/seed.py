"""Makes the demo account and its character over HTTP, as any client does."""

import json
import secrets
from pathlib import Path
from typing import Any, TypedDict

import httpx

from deploy.local.settings import LocalSettings
from services.kit.secret_files import write_private

_SECONDS = 10.0
_EMAIL = "demo@callbox.example.com"
_KEY_NAME = "demo"
SLUG = "support-bot"


class Demo(TypedDict):
    """Content of `demo.json`."""

    base_url: str
    email: str
    password: str
    api_key: str
    character: str


class SeedFailed(Exception):
    """The gateway refused the demo account or its character; the message has its answer."""


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
        "greeting": "Hello, this is Lumen Lamps. How can I help you?",
        "system_prompt": PROMPT,
        "allowed_origins": sorted({settings.base_url, f"http://localhost:{settings.port}"}),
    }


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
    """Makes the account, key and character if they are missing.

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
        await _character(client, settings)
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


async def _character(client: httpx.AsyncClient, settings: LocalSettings) -> None:
    wanted = character(settings)
    answer = await _send(client, "GET", f"/api/ai-characters/{SLUG}/")
    if answer.status_code == 404:
        await _ask(client, "POST", "/api/ai-characters/", wanted, expect=201)
        return
    there = _checked(answer, 200).get("allowed_origins", [])
    # The port may have changed since the last start. The operator's own changes are kept.
    missing = [origin for origin in wanted["allowed_origins"] if origin not in there]
    if missing:
        await _ask(client, "PATCH", f"/api/ai-characters/{SLUG}/", {"allowed_origins": [*there, *missing]}, expect=200)


async def _ask(client: httpx.AsyncClient, method: str, path: str, body: Any, *, expect: int) -> dict[str, Any]:
    return _checked(await _send(client, method, path, body), expect)


async def _send(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> httpx.Response:
    try:
        return await client.request(method, path, json=body)
    except httpx.HTTPError as fault:
        raise SeedFailed(f"The gateway at {client.base_url} did not answer {method} {path}: {fault!r}.") from None


def _checked(answer: httpx.Response, expect: int) -> dict[str, Any]:
    if answer.status_code != expect:
        text = answer.text[:500]
        raise SeedFailed(f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {text}")
    body: dict[str, Any] = answer.json()
    return body
