"""Contract 1.1, 1.5, 3.1 to 3.3 and 14.4: both documented forms to the letter, and what credential and origin do."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import jwt
from callbox.sessions.v1 import sessions_pb2 as pb

from services.accounts.tokens.encryption import identity_key
from services.accounts.tokens.signing_keys import key_id
from tests.fixtures.sessions import ORIGIN
from tests.fixtures.stopwatch import Stopwatch
from tests.http.site import START, refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.site import MakeSite, Site

NINE = [
    "token",
    "livekit_url",
    "room_name",
    "participant_identity",
    "session_id",
    "expires_in_seconds",
    "character_slug",
    "system_prompt",
    "greeting",
]


async def test_form_a_answers_a_listed_page_bare(site: Site) -> None:
    async with site.house.worker():
        answer = await site.start(metadata={"user_id": 42}, origin_url=f"{ORIGIN}/cart", greeting="Hi!", unknown=1)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Origin" in answer.headers["vary"]
        body = answer.json()
        assert list(body) == NINE
        assert re.fullmatch(r"sess_[A-Za-z0-9_-]{20,}", body["session_id"])
        assert body["expires_in_seconds"] == 3600
        assert body["livekit_url"] == site.house.livekit.websocket_url
        assert (body["character_slug"], body["system_prompt"], body["greeting"]) == ("support-bot", "You help.", "Hi!")
        claims = jwt.decode(body["token"], site.house.livekit.secret, algorithms=["HS256"])
        assert (claims["sub"], claims["video"]["room"]) == (body["participant_identity"], body["room_name"])
        async with site.house.join(
            pb.StartSessionResponse(livekit_url=body["livekit_url"], token=body["token"])
        ) as caller:
            assert not caller.errors

        (row,) = await site.sessions()
        assert row["session_id"] == body["session_id"]
        assert (row["metadata"], row["origin_url"], row["user"]) == ({"user_id": 42}, f"{ORIGIN}/cart", None)


async def test_form_b_answers_a_key_in_an_envelope_whatever_the_origin(site: Site) -> None:
    character = (await site.keyed.get("/api/ai-characters/support-bot/")).json()
    await site.keyed.patch("/api/ai-characters/support-bot/", json={"allowed_origins": []})
    async with site.house.worker():
        for agent, headers in (("support-bot", {}), (character["id"], {"Origin": "https://evil.example"})):
            answer = await site.keyed.post(START, json={"agent": agent, "language": "en"}, headers=headers)
            assert answer.status_code == 200
            assert "access-control-allow-origin" not in answer.headers
            body = answer.json()
            assert list(body) == ["success", "message", "data", "errors"]
            assert (body["success"], body["message"], body["errors"]) == (True, "Request successful", None)
            assert list(body["data"]) == NINE
            assert body["data"]["character_slug"] == "support-bot"


async def test_a_key_decides_over_a_token(site: Site) -> None:
    async with site.house.worker():
        both = await site.owner.post(START, json={"agent": "support-bot"}, headers={"X-Api-Key": site.key})
        assert both.json()["success"] is True
        bad_key = await site.owner.post(START, json={"agent": "support-bot"}, headers={"X-API-Key": "sk_" + "0" * 64})
        refused(bad_key, 401, "not_authenticated")


async def test_the_owners_token_needs_no_origin_and_answers_bare(site: Site) -> None:
    async with site.house.worker(slots=4):
        answer = await site.owner.post(START, json={"agent": "support-bot"})
        assert list(answer.json()) == NINE
        assert "access-control-allow-origin" not in answer.headers
        listed = await site.owner.post(START, json={"agent": "support-bot"}, headers={"Origin": ORIGIN})
        assert (listed.status_code, listed.headers["access-control-allow-origin"]) == (200, ORIGIN)
        elsewhere = await site.owner.post(START, json={"agent": "support-bot"}, headers={"Origin": "https://x.example"})
        assert elsewhere.status_code == 200
        assert "access-control-allow-origin" not in elsewhere.headers
        assert [row["user"] is not None for row in await site.sessions()] == [True, True, True]


async def test_somebody_elses_token_counts_as_none_on_a_page(site: Site) -> None:
    stranger = await site.stranger()
    async with site.house.worker():
        refused(await stranger.post(START, json={"agent": "support-bot"}), 404, "not_found")
        on_page = await stranger.post(START, json={"agent": "support-bot"}, headers={"Origin": ORIGIN})
        assert list(on_page.json()) == NINE
        on_other = await stranger.post(START, json={"agent": "support-bot"}, headers={"Origin": "https://x.example"})
        refused(on_other, 403, "origin_not_allowed")
        assert [row["user"] for row in await site.sessions()] == [None]


async def test_a_credential_that_is_presented_must_be_good(site: Site, keys_dir: Path) -> None:
    now = int(time.time())
    claims = jwt.decode(site.access, options={"verify_signature": False})
    # What an installation of before signed with is still known by its id.
    key = identity_key(keys_dir)
    headers = {"kid": key_id(key.public_key())}
    expired = jwt.encode(claims | {"iat": now - 7200, "exp": now - 3600}, key, "EdDSA", headers=headers)
    forged = jwt.encode(claims | {"sub": "1"}, "guess" * 10, "HS256")
    cases: list[tuple[dict[str, str], str]] = [
        ({"Authorization": f"Bearer {expired}"}, "token_expired"),
        ({"Authorization": f"Bearer {forged}"}, "not_authenticated"),
        ({"Authorization": "Bearer nonsense"}, "not_authenticated"),
        ({"Authorization": "Bearer"}, "not_authenticated"),
        ({"X-API-Key": "sk_" + "a" * 64}, "not_authenticated"),
        ({"X-API-Key": ""}, "not_authenticated"),
        ({"X-API-Key": "x" * 9_000}, "not_authenticated"),
    ]
    async with site.house.worker():
        for credential, code in cases:
            for origin in ({}, {"Origin": ORIGIN}):
                watch = Stopwatch()
                answer = await site.nobody.post(START, json={"agent": "support-bot"}, headers=credential | origin)
                refused(answer, 401, code)
                assert watch.seconds() < 1.0
        assert await site.sessions() == []


async def test_debug_of_the_gateway_alone_opens_no_gate(make_gateway: MakeSite) -> None:
    site = await make_gateway(debug=True)
    async with site.house.worker():
        # The characters service, which is the gate, is not in debug.
        refused(await site.start(origin=None), 403, "origin_not_allowed")
        refused(await site.start(origin="https://x.example"), 403, "origin_not_allowed")
