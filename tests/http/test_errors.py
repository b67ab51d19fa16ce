"""Contract 14.1: the error body, the codes, `X-Request-Id` and both forms of the slash, on every operation there is.

The tables are made from the OpenAPI document, so that a new route is held to the same.
"""

from __future__ import annotations

import time
from itertools import groupby
from typing import TYPE_CHECKING, Any

import jwt

from services.accounts.tokens.encryption import identity_key
from services.accounts.tokens.signing_keys import key_id
from services.gateway.requests.credentials import CredentialExchange
from tests.fixtures.sessions import ORIGIN
from tests.http.requests import JSON, Route, resolved, routes
from tests.http.site import refused

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    import pytest

    from tests.http.site import Site

ROUTES = routes()
# Also served, and not part of the API that is described.
OTHER = {"/api/schema/": "GET", "/api/docs/": "GET"}
ORDER = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "MAKE")
# Not there for anybody until the operator sets it.
UNSET = "/api/auth/google/"
UNKNOWN = "nobody-has-this"


def addressed(path: str, identity: str = UNKNOWN) -> str:
    """The path with an identity in its places."""
    for name in Route(path, "", {}).places:
        path = path.replace("{" + name + "}", identity)
    return path


def allowed() -> dict[str, str]:
    """What each path takes, as `Allow` says it."""
    found = dict(OTHER)
    for path, group in groupby(sorted(ROUTES, key=lambda route: route.path), key=lambda route: route.path):
        taken = list(group)
        methods = {route.method for route in taken}
        if any("origin" in route.schemes for route in taken):
            methods.add("OPTIONS")
        found[path] = ", ".join(method for method in ORDER if method in methods)
    return found


async def ask(client: httpx.AsyncClient, route: Route, path: str, **headers: str) -> httpx.Response:
    """A good request of the operation."""
    body = route.body()
    return await client.request(route.method, path, **body | {"headers": body.get("headers", {}) | headers})


async def test_methods_that_an_address_does_not_take(site: Site) -> None:
    """Contract 14.1 and 14.12: 405 with `Allow`, on both forms of the slash."""
    for path, methods in allowed().items():
        for form in (addressed(path), addressed(path).rstrip("/")):
            for method in ALL_METHODS:
                if method in methods.split(", ") or method == "MAKE":
                    continue
                answer = await site.owner.request(method, form)
                assert answer.status_code == 405, f"{method} {form}: {answer.status_code}"
                refused(answer, 405, "method_not_allowed")
                assert answer.headers["allow"] == methods, (
                    f"{path}: if pages may ask here, say so by `dependencies=documented_public`"
                )


async def test_both_forms_of_the_slash_answer_alike(site: Site) -> None:
    """Contract 14.1 and 14.12: every method, no redirect."""
    for route in ROUTES:
        path = addressed(route.path)
        empty: dict[str, Any] | None = {} if "json" in route.body() else None
        with_slash, without = [
            await site.nobody.request(route.method, form, json=empty) for form in (path, path.rstrip("/"))
        ]
        assert with_slash.status_code == without.status_code, route.name
        assert "location" not in without.headers or without.status_code == 302
        if with_slash.is_error:
            assert with_slash.json()["message"] == without.json()["message"], route.name


async def test_addresses_that_are_not_there(site: Site) -> None:
    """Contract 14.1: 404, in the one error body."""
    for path in ("/", "/api/", "/api/nothing/", "/api//agents/", "/api/agents/agent-session/x", "/api/schema.json"):
        refused(await site.owner.get(path), 404, "not_found")
    for route in ROUTES:
        refused(await site.owner.get(f"{addressed(route.path)}no/such/thing/"), 404, "not_found")


def expired(access: str, keys_dir: Path) -> str:
    """An access token like this one whose time has come, signed as an installation of before did."""
    key = identity_key(keys_dir)
    claims = jwt.decode(access, options={"verify_signature": False})
    past = int(time.time()) - 3_600
    headers = {"kid": key_id(key.public_key())}
    return jwt.encode(claims | {"iat": past - 60, "exp": past}, key, "EdDSA", headers=headers)


async def test_nobody_and_false_credentials(site: Site, keys_dir: Path) -> None:
    """Contract 14.1 and 1.7: 401 with `WWW-Authenticate`, before anything is looked up."""
    late = {"Authorization": f"Bearer {expired(site.access, keys_dir)}"}
    guarded = [route for route in ROUTES if not route.open and not route.path.startswith(UNSET)]
    assert len(guarded) > 10
    for route in guarded:
        path = addressed(route.path)
        if "origin" in route.schemes:
            assert (await ask(site.nobody, route, path)).status_code in (403, 404), route.name
        else:
            refused(await ask(site.nobody, route, path), 401, "not_authenticated")
        answer = await ask(site.nobody, route, path, Origin=ORIGIN, **late)
        assert answer.json()["code"] == "token_expired", f"{route.name}: {answer.text}"
        refused(answer, 401, "token_expired")
        for false in (
            {"Authorization": "Bearer made.up.token"},
            {"X-API-Key": "sk_" + "0" * 64},
            {"X-API-Key": ""},
            {"Authorization": f"Bearer {site.access}x"},
            {"Authorization": "Bearer " + "x" * 9_000},
        ):
            answer = await ask(site.nobody, route, path, Origin=ORIGIN, **false)
            if "X-API-Key" in false and "apiKey" not in route.schemes and answer.status_code == 403:
                refused(answer, 403, "permission_denied")
                continue
            assert answer.status_code == 401, f"{route.name} with {false}: {answer.text}"
            refused(answer, 401, "not_authenticated")


async def test_things_that_nobody_has(site: Site) -> None:
    """Contract 14.1: 404, whatever stands in the path."""
    placed = [route for route in ROUTES if route.places and "apiKey" in route.schemes]
    for route in placed:
        for identity in (UNKNOWN, "%20", "a%2Fb", "caf%C3%A9", "%00", "x" * 200, "..%2f..", "null", "0", "-1"):
            answer = await ask(site.owner, route, addressed(route.path, identity))
            assert answer.status_code in (404, 405, 422, 403), f"{route.name} with {identity}: {answer.text[:300]}"
            if identity == UNKNOWN and answer.status_code != 403:
                refused(answer, 404, "not_found")


async def test_fields_that_are_missing_or_of_another_type(site: Site) -> None:
    """Contract 14.1: 422 by the path of each field."""
    for route in ROUTES:
        content = route.operation.get("requestBody", {}).get("content", {})
        model = resolved(content[JSON]["schema"]) if JSON in content else {}
        needed = model.get("required", [])
        if not needed or route.places:
            continue
        answer = await site.owner.request(route.method, route.path, json={})
        errors = refused(answer, 422, "validation_failed")["errors"]
        assert set(needed) <= set(errors), f"{route.name}: {errors}"
        for name in needed:
            body = route.body()["json"] | {name: {"of": ["another", "type"]}}
            answer = await site.owner.request(route.method, route.path, json=body)
            assert answer.status_code in (401, 422), f"{route.name} with {name}: {answer.text[:300]}"
            if answer.status_code == 422:
                assert any(path.split(".")[0] == name for path in answer.json()["errors"]), route.name


async def test_request_ids_on_every_operation(site: Site) -> None:
    """Contract 14.1: `X-Request-Id` is taken if it is sane, else made, and stands on every answer."""
    for route in ROUTES:
        answer = await ask(site.owner, route, addressed(route.path), **{"X-Request-Id": "trace-42:a.b_c"})
        assert answer.headers["x-request-id"] == "trace-42:a.b_c", route.name
        made = await ask(site.nobody, route, addressed(route.path), **{"X-Request-Id": "<script>"})
        assert made.headers["x-request-id"].startswith("req_"), route.name


async def test_a_fault_of_ours_shows_nothing_of_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract 14.1: 500 never with a stack trace."""

    async def fail(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(CredentialExchange, "exchange", fail)
    faults = 0
    for route in ROUTES:
        answer = await ask(site.owner, route, addressed(route.path))
        if answer.status_code == 500:
            refused(answer, 500, "internal")
            faults += 1
        assert "secret" not in answer.text
        assert "RuntimeError" not in answer.text
    assert faults >= 10
