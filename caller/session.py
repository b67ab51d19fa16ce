"""Starts, reads and ends sessions over HTTP, as any client does."""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

REQUEST_SECONDS = 5.0
# The reaper ends an abandoned session within this time.
END_SECONDS = 15.0
_POLL_SECONDS = 0.2

_HINTS = {
    "at_capacity": "All slots are taken: wait for a call to end, or raise CALLBOX_SLOTS.",
    "concurrency_limit_reached": "Wait for one of this account's calls to end, or raise its limit.",
    "not_found": "Check the name of the character: GET /api/ai-characters/ lists yours.",
    "not_authenticated": "Check --api-key; `make run` writes a good one to demo.json in the data folder.",
    "token_expired": "Log in again.",
    "origin_not_allowed": "Give --api-key, or add the address to the character's allowed_origins.",
    "upstream_unavailable": "A part of Callbox cannot be reached: `callbox doctor` says which.",
}


class Refused(Exception):
    """The API refused a request, or could not be reached.

    message: of the API. hint: what to do; may be empty. code: stable error code of the API.
    """

    def __init__(self, message: str, code: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.message, self.code, self.status = message, code, status
        self.hint = _HINTS.get(code, "")


@dataclass(frozen=True)
class Target:
    """A gateway and the credentials to use.

    api_key: empty: requests have the `Origin` of a page at `base_url` instead.
    """

    base_url: str
    api_key: str

    @classmethod
    def found(cls, data_dir: Path, base_url: str | None, api_key: str | None) -> Self:
        """The given address and key; a missing one is taken from the demo account of a stack on this machine.

        Raises: Refused if there is no address.
        """
        demo: dict[str, Any] = {}
        path = data_dir / "demo.json"
        if base_url is None or api_key is None:
            try:
                demo = json.loads(path.read_text())
            except FileNotFoundError:
                if base_url is None:
                    raise Refused(
                        f"No Callbox was found: there is no {path}. Start one with `make run`, or give --base-url."
                    ) from None
            except (OSError, ValueError) as fault:
                raise Refused(f"{path} cannot be read ({fault}). Give --base-url and --api-key.") from None
        address = base_url or str(demo.get("base_url", ""))
        own = not base_url or base_url.rstrip("/") == str(demo.get("base_url", "")).rstrip("/")
        return cls(address.rstrip("/"), api_key or (str(demo.get("api_key", "")) if own else ""))


@dataclass(frozen=True)
class Grant:
    """An admitted session: address and token of its room, and the greeting."""

    session_id: str
    livekit_url: str
    token: str
    greeting: str


class Sessions:
    """Starts, reads and ends sessions. An async context manager: it owns the HTTP connection."""

    def __init__(self, target: Target) -> None:
        self._target = target
        headers = {"X-API-Key": target.api_key} if target.api_key else {"Origin": target.base_url}
        self._http = httpx.AsyncClient(base_url=target.base_url, headers=headers, timeout=REQUEST_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def start(self, agent: str, **overrides: object) -> Grant:
        """Starts a session. overrides: further fields of the request. Raises: Refused."""
        answer = await self._send("POST", "/api/agents/agent-session/", {"agent": agent, **overrides})
        data = answer.get("data") or answer
        return Grant(data["session_id"], data["livekit_url"], data["token"], data.get("greeting") or "")

    async def read(self, session_id: str) -> dict[str, Any]:
        """The session as the API returns it. Raises: Refused."""
        return await self._send("GET", f"/api/agents/sessions/{session_id}/")

    async def history(self, session_id: str) -> dict[str, Any]:
        """Summary and transcript of a session. Raises: Refused."""
        answer = await self._send("GET", f"/api/billing/sessions/{session_id}/")
        data: dict[str, Any] = answer["data"]
        return data

    async def end(self, session_id: str) -> None:
        """Ends a session. Raises: Refused."""
        await self._send("POST", f"/api/agents/sessions/{session_id}/end/")

    async def ended(self, session_id: str, seconds: float = END_SECONDS) -> dict[str, Any]:
        """Waits for the end of a session; returns it after `seconds` at the latest. Raises: Refused."""
        give_up = time.monotonic() + seconds
        while True:
            session = await self.read(session_id)
            if session.get("status") == "ended" or time.monotonic() > give_up:
                return session
            await asyncio.sleep(_POLL_SECONDS)

    async def _send(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        try:
            response = await self._http.request(method, path, json=body)
        except httpx.HTTPError as fault:
            raise Refused(
                f"{self._target.base_url} does not answer ({type(fault).__name__}). "
                "Is Callbox running? `make run` starts it."
            ) from None
        try:
            answer: dict[str, Any] = response.json()
        except ValueError:
            answer = {}
        if response.is_success and answer:
            return answer
        message = str(answer.get("message") or f"{self._target.base_url} answered {response.status_code}.")
        raise Refused(message, str(answer.get("code", "")), response.status_code)
