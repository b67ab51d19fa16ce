"""Contract 1.5, 9, 10, 12.3, and what 14.1, 14.4 and 14.12 say of them: a call's life and history over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
from callbox.sessions.v1 import sessions_pb2 as pb
from google.protobuf.duration_pb2 import Duration

from services.kit.rpc.client import call
from services.sessions.history import reader
from tests.fixtures.sessions import ORIGIN, until
from tests.http.site import refused

if TYPE_CHECKING:
    import pytest

    from tests.fixtures.callers import DirectedWorker
    from tests.http.site import Site

USAGE = "/api/billing/usage/"


def looked_up() -> pb.ToolEvent:
    called = pb.ToolEvent(name="opening_hours", kind=pb.TOOL_KIND_HTTP, result_preview='{"opens": "10:00"}')
    called.arguments.update({"day": "Saturday"})
    called.duration.FromMilliseconds(210)
    called.start_seconds = 1.25
    called.turn_index, called.result_characters = 1, 18
    return called


async def a_call(site: Site, worker: DirectedWorker) -> str:
    """A call with two turns that the agent ended; its session_id."""
    started = (await site.start(metadata={"plan": "pro"}, origin_url=f"{ORIGIN}/help")).json()
    session_id: str = started["session_id"]

    async def claimed() -> bool:
        return session_id in worker.claims

    await until(claimed)
    answer = pb.StartSessionResponse(livekit_url=started["livekit_url"], token=started["token"])
    async with site.house.join(answer):
        await site.house.until(session_id, lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
        latency = pb.LatencyParts(end_of_turn=Duration(nanos=250_000_000), first_token=Duration(nanos=90_500_000))
        reply = pb.Turn(turn_index=1, role=pb.ROLE_ASSISTANT, text="At ten.", start_seconds=2.5, latency=latency)
        used = pb.Usage(
            llm_input_tokens=40,
            llm_output_tokens=3,
            llm_model="smollm2",
            llm_provider="openai",
            stt_audio_seconds=1.5,
            stt_provider="moonshine",
            tts_characters=7,
            tts_provider="hibari",
        )
        events = [
            pb.SessionEvent(sequence=1, turn=pb.Turn(turn_index=0, role=pb.ROLE_USER, text="When do you open?")),
            pb.SessionEvent(sequence=2, turn=reply),
            pb.SessionEvent(sequence=3, usage=used),
            pb.SessionEvent(sequence=4, tool=looked_up()),
            pb.SessionEvent(sequence=5, end=pb.EndEvent(reason=pb.END_REASON_AGENT_ENDED)),
        ]
        for event in events:
            event.occur_time.GetCurrentTime()
        assert await worker.tell(session_id, *events) == 5
    return session_id


async def test_the_history_of_a_call(site: Site) -> None:
    """Contract 10: the session object, enveloped, by key; 14.12: the session object (own)."""
    async with site.house.worker(slots=5) as worker:
        session_id = await a_call(site, worker)
        answer = (await site.keyed.get(f"/api/billing/sessions/{session_id}")).json()
        assert list(answer) == ["success", "message", "data", "errors"]
        row: dict[str, Any] = answer["data"]
        assert row["transcript"][0] == {"role": "user", "text": "When do you open?", "turn_index": 0, "ts": 0.0}
        assert row["transcript"][1] == {
            "role": "assistant",
            "text": "At ten.",
            "turn_index": 1,
            "ts": 2.5,
            "latency": {
                "end_of_turn": 250.0,
                "final_transcript": 0.0,
                "first_token": 90.5,
                "first_audio": 0.0,
                "playout": 0.0,
            },
        }
        assert row["tool_calls"] == [
            {
                "name": "opening_hours",
                "kind": "http",
                "arguments": {"day": "Saturday"},
                "result_preview": '{"opens": "10:00"}',
                "result_characters": 18,
                "error": None,
                "duration_seconds": 0.21,
                "ts": 1.25,
                "turn_index": 1,
            }
        ]
        assert row["transcript_text"] == "User: When do you open?\nAssistant: At ten."
        assert (row["status"], row["end_reason"], row["character_version"]) == ("ended", "agent_ended", 1)
        assert (row["llm_input_tokens"], row["llm_model"], row["tts_provider"]) == (40, "smollm2", "hibari")
        assert (row["recording_status"], row["recording_url"]) == ("OFF", None)
        assert row["session_duration_seconds"] > 0
        for name in ("created_at", "joined_at", "ended_at", "finalized_at"):
            assert row[name].endswith("Z"), name

        session = (await site.owner.get(f"/api/agents/sessions/{session_id}/")).json()
        assert list(session) == [
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
        ended = await site.owner.post(f"/api/agents/sessions/{session_id}/end/")
        assert (ended.status_code, ended.json()) == (200, session)


async def test_usage_is_paged_and_totals_cover_the_filter(site: Site) -> None:
    """Contract 9: totals over the filter, rows in `sessions.data`, the documented filters, both bounds inclusive; 14.1:
    the paging keys."""
    async with site.house.worker(slots=9) as worker:
        ids = [await a_call(site, worker) for _ in range(3)]
        body = (await site.owner.get(USAGE, params={"page_size": 2})).json()
        assert list(body) == ["success", "message", "data", "errors"]
        data = body["data"]
        page = data.pop("sessions")
        assert data == {
            "total_sessions": 3,
            "total_llm_input_tokens": 120,
            "total_llm_output_tokens": 9,
            "total_stt_audio_seconds": 4.5,
            "total_tts_characters": 21,
            "total_estimated_cost_usd": "0.000000",
        }
        rows = page.pop("data")
        assert page == {"page": 1, "page_size": 2, "total": 3, "total_pages": 2}
        assert [row["session_id"] for row in rows] == [ids[2], ids[1]]
        assert rows[0]["transcript"][0]["text"] == "When do you open?"
        last = (await site.keyed.get(USAGE, params={"page_size": 2, "page": 2})).json()["data"]
        assert ([row["session_id"] for row in last["sessions"]["data"]], last["total_sessions"]) == ([ids[0]], 3)
        beyond = (await site.keyed.get(USAGE, params={"page": 50_000, "page_size": 200})).json()["data"]
        assert (beyond["sessions"]["data"], beyond["total_sessions"]) == ([], 3)

        created = rows[0]["created_at"]
        assert await total(site, start=created, end=created) == 1
        today = created[:10]
        assert await total(site, start=today, end=today) == 3
        assert await total(site, start=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == 0
        assert await total(site, end="2020-01-01") == 0
        assert await total(site, character_slug="support-bot") == 3
        assert await total(site, character_slug="other-bot") == 0
        assert await total(site, tenant_id=site.house.tenant_id) == 3
        assert await total(site, tenant_id="ten_other") == 0


async def test_a_page_of_large_calls_comes_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of more than one message of gRPC between the services: every call is there once, with its transcript."""
    async with site.house.worker(slots=9) as worker:
        ids = [await a_call(site, worker) for _ in range(3)]
        whole = (await site.owner.get(USAGE)).json()
        for limit in (1, 1_000):
            monkeypatch.setattr(reader, "MAX_PAGE_BYTES", limit)
            request = pb.ListSessionsRequest(page_size=3, view=pb.SESSION_VIEW_FULL)
            first = await call(site.house.sessions.ListSessions, request, identity=site.house.user)
            assert first.next_page_token
            assert len(first.sessions) < 3
            for size in (200, 3, 2):
                parts = await site.owner.get(USAGE, params={"page_size": size})
                assert parts.headers["content-type"] == "application/json"
                body = parts.json()
                assert body["data"]["sessions"].pop("data") == whole["data"]["sessions"]["data"][:size]
                assert body["data"]["sessions"] == {
                    "page": 1, "page_size": size, "total": 3, "total_pages": 2 if size == 2 else 1,
                }  # fmt: skip
                assert body["data"]["total_llm_input_tokens"] == 120
            last = (await site.owner.get(USAGE, params={"page_size": 2, "page": 2})).json()["data"]["sessions"]["data"]
            assert [row["session_id"] for row in last] == [ids[0]]
            nothing = await site.owner.get(USAGE, params={"page": 7, "status": "active"})
            assert nothing.json()["data"]["sessions"]["data"] == []


async def test_own_filters(site: Site) -> None:
    """Contract 9, own: `end_reason`, `origin` and `status` narrow rows and totals alike."""
    async with site.house.worker(slots=9) as worker:
        ended = await a_call(site, worker)
        waiting = (await site.start(origin_url="https://SHOP.example:8443/a?b#c")).json()["session_id"]
        stopped = (await site.start()).json()["session_id"]
        await site.owner.post(f"/api/agents/sessions/{stopped}/end/")

        async def found(**filters: str) -> list[str]:
            data = (await site.owner.get(USAGE, params=filters)).json()["data"]
            rows = data["sessions"]["data"]
            assert data["total_sessions"] == data["sessions"]["total"] == len(rows)
            assert data["total_tts_characters"] == sum(row["tts_characters"] for row in rows)
            return [row["session_id"] for row in rows]

        assert await found() == [stopped, waiting, ended]
        assert await found(end_reason="agent_ended") == [ended]
        assert await found(end_reason="ended_by_api") == [stopped]
        assert await found(status="created") == [waiting]
        assert await found(status="ended") == [stopped, ended]
        assert await found(status="active") == []
        assert await found(origin=ORIGIN) == await found(origin=f"{ORIGIN}:443/any") == [ended]
        assert await found(origin="https://shop.example:8443") == [waiting]
        assert await found(origin="https://other.example") == []
        assert await found(origin=ORIGIN, status="ended", end_reason="agent_ended", character_slug="support-bot") == [
            ended
        ]


async def test_the_detail_has_the_answers_to_forms(site: Site) -> None:
    """Contract 10 (own): `form_responses`, items of section 5.5, oldest first; in the detail alone."""
    fields = [{"name": "z", "type": "text"}, {"name": "a", "type": "text"}]
    await site.house.owner.patch(widget_appearance={"forms": [{"id": "note", "title": "Note", "fields": fields}]})
    async with site.house.worker(slots=5):
        session_id: str = (await site.start()).json()["session_id"]
        items = []
        for number in range(2):
            body = {"form_id": "note", "session_id": session_id, "values": {"a": str(number), "z": "last"}}
            stored = await site.owner.post("/api/agents/support-bot/form-responses/", json=body)
            assert stored.status_code == 201, stored.text
            items.append(stored.json())
        await site.owner.post("/api/agents/support-bot/form-responses/", json={"form_id": "note", "values": {}})
        detail = (await site.keyed.get(f"/api/billing/sessions/{session_id}/")).json()["data"]
        assert detail["form_responses"] == items
        assert list(detail["form_responses"][0]["values"]) == ["z", "a"]
        assert "form_responses" not in (await site.sessions())[0]


async def test_rows_and_detail_are_one_and_the_same(site: Site) -> None:
    """Contract 9: a row is the AgentSessionSummary of section 10, transcript inline; 10: the documented fields."""
    async with site.house.worker(slots=5) as worker:
        session_id = await a_call(site, worker)
        detail = (await site.keyed.get(f"/api/billing/sessions/{session_id}/")).json()["data"]
        assert {**(await site.sessions())[0], "form_responses": []} == detail
        types = {
            "id": int, "session_id": str, "tenant_id": str, "character_slug": str, "user": None, "room_name": str,
            "origin_url": str, "metadata": dict, "session_duration_seconds": float, "turn_count": int,
            "interruption_count": int, "llm_input_tokens": int, "llm_output_tokens": int, "llm_model": str,
            "llm_provider": str, "stt_audio_seconds": float, "stt_provider": str, "tts_characters": int,
            "tts_provider": str, "estimated_cost_usd": str, "finalized_at": str, "recording_status": str,
            "recording_url": None, "recording_presigned_url": None, "transcript": list, "transcript_text": str,
            "created_at": str,
        }  # fmt: skip
        assert list(detail)[: len(types)] == list(types)
        for name, kind in types.items():
            assert detail[name] is None if kind is None else type(detail[name]) is kind, name


async def test_user_is_null_for_a_visitor_and_the_id_of_who_signed_in(site: Site) -> None:
    """Contract 10 and 14.12: `user` is an integer, `null` for an anonymous visitor."""
    me = (await site.owner.get("/api/auth/me/")).json()
    async with site.house.worker(slots=5):
        await site.start()
        await site.keyed.post("/api/agents/agent-session/", json={"agent": "support-bot"})
        by_key, by_visitor = await site.sessions()
        assert (by_key["user"], by_visitor["user"]) == (int(me["id"]), None)
        assert by_visitor["origin_url"] is None
        assert by_visitor["tenant_id"] == me["tenant_id"]


async def test_staff_sees_everything(site: Site) -> None:
    """Contract 9 and 10: staff sees all sessions, and one tenant's by `tenant_id`."""
    stranger = await site.stranger()
    me = (await stranger.get("/api/auth/me/")).json()
    connection = await asyncpg.connect(site.house.settings.database_url, timeout=5)
    await connection.execute("update accounts.users set is_staff = true where id = $1", int(me["id"]), timeout=5)
    await connection.close(timeout=5)
    key = (await stranger.post("/api/auth/api-keys/", json={"name": "staff"})).json()["key"]
    staff = await site.client(**{"x-api-key": key})
    async with site.house.worker(slots=5):
        session_id = (await site.start()).json()["session_id"]
        assert (await staff.get(f"/api/billing/sessions/{session_id}/")).status_code == 200
        for filters in ({}, {"tenant_id": site.house.tenant_id}):
            assert (await staff.get(USAGE, params=filters)).json()["data"]["total_sessions"] == 1
        assert (await staff.get(USAGE, params={"tenant_id": me["tenant_id"]})).json()["data"]["total_sessions"] == 0


async def total(site: Site, **filters: str) -> int:
    answer = await site.owner.get(USAGE, params=filters)
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["data"]["total_sessions"]
    return found


async def test_what_is_refused(site: Site) -> None:
    """Contract 12.3 and 14.12: `page_size` over 200 or under 1 → 422; 9 and 10: no credential → 401, foreign → 404."""
    for size in ("1", "200"):
        assert (await site.owner.get(USAGE, params={"page_size": size})).status_code == 200
    for name, value in (
        ("page_size", "201"),
        ("page_size", "0"),
        ("page_size", "many"),
        ("page", "0"),
        ("page", "50001"),
        ("start", "yesterday"),
        ("end", "0001-01-01T00:00:00+14:00"),
        ("character_slug", "a b"),
        ("tenant_id", "a\x00b"),
        ("end_reason", "boredom"),
        ("status", "READY"),
        ("origin", "shop.example"),
        ("origin", "https://*.example"),
        ("origin", "https://" + "a" * 300),
    ):
        shown = refused(await site.owner.get(USAGE, params={name: value}), 422, "validation_failed")
        assert list(shown["errors"]) == [name]
    refused(await site.nobody.get(USAGE), 401, "not_authenticated")
    for path in ("/api/billing/sessions/{}/", "/api/agents/sessions/{}/"):
        refused(await site.owner.get(path.format("sess_" + "a" * 24)), 404, "not_found")
        refused(await site.owner.get(path.format("a%00b")), 404, "not_found")
        refused(await site.nobody.get(path.format("sess_a")), 401, "not_authenticated")


async def test_a_second_tenant_sees_nothing_of_the_first(site: Site) -> None:
    """Contract 9: filtered silently; 10: foreign → 404."""
    stranger = await site.stranger()
    async with site.house.worker(slots=5) as worker:
        session_id = await a_call(site, worker)
        character = (await site.owner.get("/api/ai-characters/support-bot/")).json()
        for name in ("support-bot", character["id"]):
            path = f"/api/ai-characters/{name}/"
            refused(await stranger.get(path), 404, "not_found")
            refused(await stranger.patch(path, json={"name": "Mine"}), 404, "not_found")
            refused(await stranger.put(path, json={"slug": "support-bot", "name": "Mine"}), 404, "not_found")
            refused(await stranger.delete(path), 404, "not_found")
            refused(await stranger.post("/api/agents/agent-session/", json={"agent": name}), 404, "not_found")
        refused(await stranger.get(f"/api/billing/sessions/{session_id}/"), 404, "not_found")
        refused(await stranger.get(f"/api/agents/sessions/{session_id}/"), 404, "not_found")
        refused(await stranger.post(f"/api/agents/sessions/{session_id}/end/"), 404, "not_found")
        assert (await stranger.get("/api/ai-characters/")).json() == []
        for filters in ({}, {"tenant_id": site.house.tenant_id}, {"character_slug": "support-bot"}):
            seen = (await stranger.get(USAGE, params=filters)).json()["data"]
            assert (seen["total_sessions"], seen["total_tts_characters"], seen["sessions"]["data"]) == (0, 0, [])
        assert (await site.owner.get("/api/ai-characters/support-bot/")).json() == character
