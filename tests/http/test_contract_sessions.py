"""Contract 3, 12.3, 14.4 and the rows of 14.12 on sessions, line by line; what needs a clock or a fault is elsewhere.

`Idempotency-Key`: test_start_idempotency.py. `events/`: test_session_events.py. Origins: test_cors.py. Who ends a call
and when: tests/service/test_sessions_life.py.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING, Any, get_args

import jwt
import pytest
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.json_format import MessageToDict

from services.gateway.models.session import EndReason
from tests.fixtures.sessions import ORIGIN, until
from tests.fixtures.stopwatch import Stopwatch
from tests.http.site import START, refused

if TYPE_CHECKING:
    import httpx

    from tests.fixtures.callers import DirectedWorker
    from tests.http.site import Site

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
SESSION = [
    "session_id",
    "status",
    "character_slug",
    "character_version",
    "room_name",
    "created_at",
    "joined_at",
    "ended_at",
    "end_reason",
]
METADATA = {
    "user_id": 42,
    "user_name": "Zoë 🙂",
    "user_email": "zoe@shop.example",
    "account_tier": "gold",
    "org_id": "org-7",
    "plan": None,
    "previous_tickets": [{"id": 1.5, "open": True}, []],
}


async def claim_of(worker: DirectedWorker, session_id: str) -> pb.ClaimSessionResponse:
    async def is_claimed() -> bool:
        return session_id in worker.claims

    await until(is_claimed)
    return worker.claims[session_id]


def shape(session: dict[str, Any]) -> None:
    assert list(session) == SESSION
    for name in ("created_at", "joined_at", "ended_at"):
        assert session[name] is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", session[name])


async def test_every_override_holds_for_this_call_and_no_other(site: Site) -> None:
    """Contract 3.1 and 3.7: each field of the request, what it does, and that it does so for this session alone."""
    asked = {
        "agent": "support-bot",
        "language": "en-GB",
        "system_prompt": "You sell bicycles.",
        "greeting": "Good day!",
        "voice_model": "chatterbox-en-v1",
        "mcp_headers": {"Authorization": "Bearer of-the-visitor", "X-Org": "7"},
        "origin_url": f"{ORIGIN}/cart?step=2",
        "metadata": METADATA,
    }
    async with site.house.worker() as worker:
        answer = (await site.nobody.post(START, json=asked, headers={"Origin": ORIGIN})).json()
        assert (answer["system_prompt"], answer["greeting"]) == ("You sell bicycles.", "Good day!")
        claim = await claim_of(worker, answer["session_id"])
        assert claim.character.system_prompt == "You sell bicycles."
        assert claim.character.greeting == "Good day!"
        assert (claim.character.language, claim.character.tts_model) == ("en", "hibari-en")
        assert dict(claim.mcp_headers) == asked["mcp_headers"]
        given = json.loads(json.dumps(METADATA))
        history = (await site.keyed.get(f"/api/billing/sessions/{answer['session_id']}/")).json()["data"]
        assert (history["metadata"], history["origin_url"]) == (given, f"{ORIGIN}/cart?step=2")
        assert MessageToDict(claim.session.metadata) == given

        plain = (await site.start()).json()
        assert (plain["system_prompt"], plain["greeting"]) == ("You help.", "Hello!")
        assert not (await claim_of(worker, plain["session_id"])).mcp_headers
        character = (await site.owner.get("/api/ai-characters/support-bot/")).json()
        assert (character["system_prompt"], character["greeting"]) == ("You help.", "Hello!")


async def test_agent_is_required_and_is_a_slug_or_an_identity(site: Site) -> None:
    """Contract 3.1 and 14.1: `agent`, the only required field, accepts slug or id in both forms."""
    character = (await site.owner.get("/api/ai-characters/support-bot/")).json()
    async with site.house.worker(slots=4):
        for agent in ("support-bot", character["id"]):
            for client, headers in ((site.nobody, {"Origin": ORIGIN}), (site.keyed, {})):
                answer = await client.post(START, json={"agent": agent}, headers=headers)
                body = answer.json()
                assert (body.get("data") or body)["character_slug"] == "support-bot"
        assert list(refused(await site.keyed.post(START, json={}), 422, "validation_failed")["errors"]) == ["agent"]


async def test_form_a_is_bare_and_has_the_nine_fields_and_no_other(site: Site) -> None:
    """Contract 3.2: headers and body of form A, and what each field is."""
    async with site.house.worker():
        answer = await site.nobody.post(
            START, content=b'{"agent": "support-bot"}', headers={"Content-Type": "application/json", "Origin": ORIGIN}
        )
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        body = answer.json()
        assert list(body) == NINE
        claims = jwt.decode(body["token"], site.house.livekit.secret, algorithms=["HS256"])
        assert claims["sub"] == body["participant_identity"]
        assert (claims["video"]["roomJoin"], claims["video"]["room"]) == (True, body["room_name"])
        assert claims["exp"] - time.time() == pytest.approx(3600, abs=10)
        assert body["expires_in_seconds"] == 3600
        assert body["livekit_url"].startswith("ws")
        assert re.fullmatch(r"callbox-support-bot-[0-9a-z]+", body["room_name"])
        assert re.fullmatch(r"sess_[A-Za-z0-9_-]{20,}", body["session_id"])
        assert (body["character_slug"], body["system_prompt"], body["greeting"]) == (
            "support-bot",
            "You help.",
            "Hello!",
        )
        other = (await site.start()).json()
        for unique in ("token", "room_name", "participant_identity", "session_id"):
            assert body[unique] != other[unique]


@pytest.mark.parametrize("header", ["x-api-key", "X-API-Key", "X-Api-KEY"])
async def test_form_b_is_enveloped_with_the_nine_in_data(site: Site, header: str) -> None:
    """Contract 3.3 and 14.4: form B with the documented body fields; 14.1: all four keys of the envelope."""
    asked = {"agent": "support-bot", "language": "en", "system_prompt": "You sell.", "greeting": "Hi!"}
    async with site.house.worker():
        answer = await site.nobody.post(START, json=asked, headers={header: site.key})
        assert answer.status_code == 200
        body = answer.json()
        assert list(body) == ["success", "message", "data", "errors"]
        assert (body["success"], body["message"], body["errors"]) == (True, "Request successful", None)
        assert list(body["data"]) == NINE
        assert (body["data"]["system_prompt"], body["data"]["greeting"]) == ("You sell.", "Hi!")


async def test_the_documented_refusals(site: Site) -> None:
    """Contract 3.4 and 1.7: 403 for the origin, 404 for an unknown or inactive slug, 429 at the limit (12.3)."""
    async with site.house.worker(slots=9):
        refused(await site.start(origin="https://elsewhere.example"), 403, "origin_not_allowed")
        refused(await site.nobody.post(START, json={"agent": "nobody"}, headers={"Origin": ORIGIN}), 404, "not_found")
        await site.owner.patch("/api/ai-characters/support-bot/", json={"is_active": False})
        refused(await site.start(), 404, "not_found")
        refused(await site.keyed.post(START, json={"agent": "support-bot"}), 404, "not_found")
        await site.owner.patch("/api/ai-characters/support-bot/", json={"is_active": True})
        await site.house.set_limit(1)
        first = await site.start()
        assert first.status_code == 200
        for answer in (await site.start(), await site.keyed.post(START, json={"agent": "support-bot"})):
            refused(answer, 429, "concurrency_limit_reached")
            assert int(answer.headers["retry-after"]) >= 1
        await site.owner.post(f"/api/agents/sessions/{first.json()['session_id']}/end/")

        async def begins() -> bool:
            return (await site.start()).status_code == 200

        await until(begins)


async def test_a_browser_needs_only_token_and_address(site: Site) -> None:
    """Contract 3.5 and 3.6: a backend starts the call and hands on `token` and `livekit_url`; with them one joins."""
    async with site.house.worker(joins=True):
        data = (await site.keyed.post(START, json={"agent": "support-bot"})).json()["data"]
        handed_on = pb.StartSessionResponse(token=data["token"], livekit_url=data["livekit_url"])
        async with site.house.join(handed_on):

            async def is_active() -> bool:
                answer = await site.owner.get(f"/api/agents/sessions/{data['session_id']}/")
                return bool(answer.json()["status"] == "active")

            await until(is_active)


OVERRIDES: list[tuple[str, Any, str]] = [
    ("voice_model", "nobody-v9", r"chatterbox-en-v1"),
    ("voice_model", "hibari-en ", r"chatterbox-en-v1"),
    ("voice_model", "kokoro-ef-dora", r"Speaks es and not en.*hibari-en"),
    ("language", "tlh", r"BCP-47.*en"),
    ("language", "not a tag", r"BCP-47"),
    ("language", "en_US", r"BCP-47"),
    ("language", "en-US-US-US", r"BCP-47"),
    ("reference_audio_url", "https://shop.example:1/me.wav", r"Cannot be fetched"),
    ("metadata", {"a": "x" * 16_400}, r"16384"),
    ("system_prompt", "x" * 65_537, r"65536"),
]


@pytest.mark.parametrize(("field", "value", "said"), OVERRIDES)
async def test_an_override_that_cannot_be_is_422(site: Site, field: str, value: Any, said: str) -> None:
    """Contract 14.4: unknown `voice_model` → 422 listing the names; `language`, `reference_audio_url`, sizes."""
    async with site.house.worker():
        for client, headers in ((site.nobody, {"Origin": ORIGIN}), (site.keyed, {}), (site.owner, {})):
            answer = await client.post(START, json={"agent": "support-bot", field: value}, headers=headers)
            body = refused(answer, 422, "validation_failed")
            assert list(body["errors"]) == [field]
            assert re.search(said, body["errors"][field][0])
        assert await site.sessions() == []


async def test_every_fault_is_told_at_once(site: Site) -> None:
    """Contract 14.1 and 14.4: `errors` names every field that is at fault."""
    asked = {"agent": "support-bot", "voice_model": "nobody", "language": "tlh"}
    body = refused(await site.keyed.post(START, json=asked), 422, "validation_failed")
    assert set(body["errors"]) == {"voice_model", "language"}


async def test_limits_are_of_bytes_and_to_the_byte(site: Site) -> None:
    """Contract 14.4 and 14.12 (body size): metadata 16,384 bytes as compact JSON, prompt 65,536, body 1 MB."""
    around = len(json.dumps({"a": ""}, separators=(",", ":")))
    async with site.house.worker(slots=9):
        for fields, status in (
            ({"metadata": {"a": "é" * ((16_384 - around) // 2)}}, 200),
            ({"metadata": {"a": "é" * ((16_384 - around) // 2 + 1)}}, 422),
            ({"system_prompt": "é" * 32_768}, 200),
            ({"system_prompt": "é" * 32_768 + "x"}, 422),
        ):
            assert (await site.start(**fields)).status_code == status
        padded = b'{"agent": "support-bot"' + b" " * (1_048_576 - 24) + b"}"
        headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
        assert (await site.nobody.post(START, content=padded, headers=headers)).status_code == 200
        refused(await site.nobody.post(START, content=padded + b" ", headers=headers), 413, "payload_too_large")


async def test_unknown_fields_are_ignored(site: Site) -> None:
    """Contract 14.4: unknown fields are ignored, whatever they hold."""
    async with site.house.worker():
        assert (await site.start(voice="x", session_id="sess_1", user=[1], token=None)).status_code == 200


LANGUAGES = [
    ("en", "en", "hibari-en"),
    ("en-US", "en", "hibari-en"),
    ("EN-gb-oxendict", "en-GB", "kokoro-bf-emma"),
    ("pt", "pt", "kokoro-pf-dora"),
]


@pytest.mark.parametrize(("tag", "found", "voice"), LANGUAGES)
async def test_language_is_matched_by_lookup(site: Site, tag: str, found: str, voice: str) -> None:
    """Contract 14.12 (session start): 200, and `language` by RFC 4647 lookup, so that `en-US` finds `en`."""
    async with site.house.worker() as worker:
        answer = await site.start(language=tag)
        assert answer.status_code == 200
        character = (await claim_of(worker, answer.json()["session_id"])).character
        assert (character.language, character.tts_model) == (found, voice)


@pytest.mark.parametrize("tag", ["de", "e"])
async def test_a_language_that_is_not_served_is_422(site: Site, tag: str) -> None:
    """Contract 14.4: `language` must be BCP-47 that some voice and some recogniser serve, else 422."""
    async with site.house.worker():
        refused(await site.start(language=tag), 422, "validation_failed")


async def test_a_voice_that_cannot_be_matched_to_a_recording_is_422(site: Site) -> None:
    """Contract 14.4: a voice that cannot clone → 422."""
    asked = {"voice_model": "chatterbox-en-v1", "reference_audio_url": "https://shop.example/me.wav"}
    async with site.house.worker():
        body = refused(await site.start(**asked), 422, "validation_failed")
        assert "hibari-en cannot be matched" in body["errors"]["reference_audio_url"][0]


async def test_refusals_come_within_a_second(site: Site) -> None:
    """Contract 14.4: 429 and 503 `at_capacity` with `Retry-After`, within one second."""
    await site.house.set_limit(1)
    watch = Stopwatch()
    full = await site.start()
    assert watch.seconds() < 1.0
    refused(full, 503, "at_capacity")
    async with site.house.worker():
        watch = Stopwatch()
        answers: list[httpx.Response] = await asyncio.gather(*(site.start() for _ in range(5)))
        assert watch.seconds() < 1.0
        assert sorted(answer.status_code for answer in answers) == [200, 429, 429, 429, 429]


async def test_an_agent_that_does_not_come_ends_the_call_within_five_seconds_and_the_caller_is_told(site: Site) -> None:
    """Contract 14.4: the agent is in the room within 5 s, or `agent_unavailable` and a word on `voice.error`."""
    async with site.house.worker(lazy=True):
        started = (await site.start()).json()
        watch = Stopwatch()
        told = pb.StartSessionResponse(token=started["token"], livekit_url=started["livekit_url"])
        async with site.house.join(told) as caller:

            async def is_told() -> bool:
                return bool(caller.errors)

            await until(is_told)
            assert watch.seconds() < 5.0
            assert caller.errors[0]["code"] == "agent_unavailable"
        session = (await site.owner.get(f"/api/agents/sessions/{started['session_id']}/")).json()
        assert session["end_reason"] == "agent_unavailable"


def test_the_reasons_of_an_end_are_those_of_the_contract() -> None:
    """Contract 14.4: the ten end reasons."""
    reasons = "client_left agent_ended handoff_failed max_call_seconds idle_timeout ended_by_api agent_unavailable "
    reasons += "agent_lost never_joined error"
    assert set(get_args(EndReason)) == set(reasons.split())
    assert {name.removeprefix("END_REASON_").lower() for name in pb.EndReason.keys()} - {"unspecified"} == set(  # noqa: SIM118
        reasons.split()
    )


@pytest.mark.parametrize("slash", ["/", ""])
async def test_the_session_object(site: Site, slash: str) -> None:
    """Contract 14.12 (session object): bare, with exactly these fields, by key or JWT, in both slash forms."""
    async with site.house.worker(joins=True) as worker:
        started = (await site.start()).json()
        path = f"/api/agents/sessions/{started['session_id']}"
        for client in (site.owner, site.keyed):
            shown = (await client.get(path + slash)).json()
            shape(shown)
            assert (shown["status"], shown["joined_at"], shown["ended_at"], shown["end_reason"]) == (
                "created",
                None,
                None,
                None,
            )
        assert (shown["character_slug"], shown["character_version"]) == ("support-bot", 1)
        assert shown["room_name"] == started["room_name"]
        await claim_of(worker, started["session_id"])
        told = pb.StartSessionResponse(token=started["token"], livekit_url=started["livekit_url"])
        async with site.house.join(told):

            async def is_active() -> bool:
                return bool((await site.owner.get(path + slash)).json()["status"] == "active")

            await until(is_active)
            assert (await site.owner.get(path + slash)).json()["joined_at"] is not None
            ended = await site.keyed.post(f"{path}/end{slash}")
            again = await site.owner.post(f"{path}/end{slash}")
        assert (ended.status_code, again.status_code) == (200, 200)
        shape(ended.json())
        assert (ended.json()["status"], ended.json()["end_reason"]) == ("ended", "ended_by_api")
        assert again.json() == ended.json() == (await site.owner.get(path + slash)).json()


async def test_a_session_is_its_owners_alone(site: Site) -> None:
    """Contract 14.12 (session object) and 1.4: foreign → 404; nobody → 401; staff see all."""
    stranger = await site.stranger()
    async with site.house.worker():
        started = (await site.start()).json()
        path = f"/api/agents/sessions/{started['session_id']}/"
        for method, address in (("GET", path), ("POST", f"{path}end/"), ("GET", f"{path}events/")):
            refused(await stranger.request(method, address), 404, "not_found")
            refused(await site.nobody.request(method, address, headers={"Origin": ORIGIN}), 401, "not_authenticated")
            refused(
                await site.owner.request(method, address.replace(started["session_id"], "sess_" + "x" * 24)),
                404,
                "not_found",
            )
        assert (await site.owner.get(path)).json()["status"] == "created"


async def test_a_credential_decides_before_the_origin_does(site: Site) -> None:
    """Contract 14.12 (credentials on `agent-session`): each line of the row."""
    body = {"agent": "support-bot"}
    async with site.house.worker(slots=9):
        for bad in ({"X-API-Key": "sk_" + "0" * 64}, {"Authorization": "Bearer nonsense"}):
            for origin in ({"Origin": ORIGIN}, {"Origin": "https://elsewhere.example"}, {}):
                refused(await site.nobody.post(START, json=body, headers=bad | origin), 401, "not_authenticated")
        bare = await site.owner.post(START, json=body)
        assert list(bare.json()) == NINE
        refused(await site.nobody.post(START, json=body), 403, "origin_not_allowed")
        # Form B and empty `allowed_origins`: origins bind browsers, a key binds its owner.
        await site.owner.patch("/api/ai-characters/support-bot/", json={"allowed_origins": []})
        refused(await site.start(), 403, "origin_not_allowed")
        assert (await site.keyed.post(START, json=body)).json()["data"]["character_slug"] == "support-bot"


async def test_content_types_and_methods(site: Site) -> None:
    """Contract 14.12 (content type, error body): JSON under the documented types, 415 for others, 405 with `Allow`."""
    content = b'{"agent": "support-bot"}'
    async with site.house.worker(slots=9):
        for kind in ("", "application/json", "text/plain", "application/x-www-form-urlencoded"):
            headers = {"Origin": ORIGIN} | ({"Content-Type": kind} if kind else {})
            assert (await site.nobody.post(START, content=content, headers=headers)).status_code == 200, kind
        for kind in ("text/xml", "multipart/form-data; boundary=x", "application/octet-stream"):
            headers = {"Origin": ORIGIN, "Content-Type": kind}
            refused(await site.nobody.post(START, content=content, headers=headers), 415, "unsupported_media_type")
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            answer = await site.nobody.request(method, START)
            body = refused(answer, 405, "method_not_allowed")
            assert body["errors"] == {}
            assert "POST" in answer.headers["allow"]


async def test_both_slash_forms_start_a_call(site: Site) -> None:
    """Contract 14.1 and 14.12 (slash): both forms answer directly, without a redirect."""
    async with site.house.worker():
        for path in (START, START.rstrip("/")):
            answer = await site.nobody.post(path, json={"agent": "support-bot"}, headers={"Origin": ORIGIN})
            assert (answer.status_code, answer.history) == (200, [])
