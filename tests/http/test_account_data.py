"""Contract 14.2 (own): a user is deleted with everything that is theirs, and takes it along before."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from callbox.sessions.v1 import sessions_pb2 as pb

from tests.fixtures.sessions import ORIGIN, until
from tests.fixtures.tenants import OWNER
from tests.http.site import refused
from tests.http.test_google import configured, sign_in
from tests.http.test_history import a_call

if TYPE_CHECKING:
    import httpx

    from tests.fixtures.oidc_provider import OidcProvider
    from tests.http.site import MakeSite, Site

ME, EXPORT, CHARACTERS = "/api/auth/me/", "/api/auth/me/export/", "/api/ai-characters/"
SECRET = "sk-proj-secret-of-the-model-1234"


async def leave(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.request("DELETE", ME, json=body, timeout=30.0)


async def left_of(site: Site, tenant_id: str, user_id: int) -> dict[str, int]:
    """Rows that are still there, by table."""
    connection = await asyncpg.connect(site.house.settings.database_url)
    counts: dict[str, int] = {}
    tables = await connection.fetch(
        """select table_schema || '.' || table_name as name, array_agg(column_name::text) as columns
        from information_schema.columns where table_schema in ('accounts', 'characters', 'sessions') group by 1"""
    )
    for table in tables:
        columns = set(table["columns"])
        name = table["name"]
        if "tenant_id" in columns:
            counts[name] = await connection.fetchval(f"select count(*) from {name} where tenant_id = $1", tenant_id)
        elif "user_id" in columns:
            counts[name] = await connection.fetchval(f"select count(*) from {name} where user_id = $1", user_id)
    counts["accounts.tenants"] = await connection.fetchval(
        "select count(*) from accounts.tenants where id = $1", tenant_id
    )
    for name in ("sessions.turns", "sessions.events", "characters.versions"):
        counts[name] = await connection.fetchval(f"select count(*) from {name}")
    await connection.close()
    return {name: count for name, count in counts.items() if count}


async def test_everything_goes(site: Site) -> None:
    me = (await site.owner.get(ME)).json()
    await site.owner.patch(f"{CHARACTERS}support-bot/", json={"llm_api_key": SECRET})
    await site.owner.post(CHARACTERS, json={"slug": "deleted-bot", "name": "Deleted"})
    await site.owner.delete(f"{CHARACTERS}deleted-bot/")
    async with site.house.worker(slots=5) as worker:
        await a_call(site, worker)
        started = (await site.start()).json()

        async def claimed() -> bool:
            return started["session_id"] in worker.claims

        await until(claimed)
        answer = pb.StartSessionResponse(livekit_url=started["livekit_url"], token=started["token"])
        async with site.house.join(answer) as caller:
            await site.house.until(started["session_id"], lambda session: session.status == pb.SESSION_STATUS_ACTIVE)
            before = await left_of(site, me["tenant_id"], me["id"])
            assert {"sessions.sessions", "sessions.turns", "characters.characters", "accounts.api_keys"} <= set(before)

            gone = await leave(site.owner, password=OWNER["password"])
            assert (gone.status_code, gone.content) == (204, b"")
            async with asyncio.timeout(10):
                await caller.disconnected.wait()
    assert await left_of(site, me["tenant_id"], me["id"]) == {}

    refused(await site.owner.get(ME), 401, "not_authenticated")
    refused(await site.keyed.get(ME), 401, "not_authenticated")
    refused(await site.nobody.post("/api/auth/login/", json=OWNER), 401, "not_authenticated")
    refused(await leave(site.owner, password=OWNER["password"]), 401, "not_authenticated")
    refused(await site.start(), 404, "not_found")
    # The address is free again, and what comes under it is new.
    again = await site.nobody.post("/api/auth/signup/", json=OWNER)
    assert again.status_code == 201
    assert again.json()["user"]["tenant_id"] != me["tenant_id"]


async def test_others_keep_what_is_theirs(site: Site) -> None:
    stranger = await site.stranger()
    await stranger.post(CHARACTERS, json={"slug": "theirs", "name": "Theirs", "allowed_origins": [ORIGIN]})
    async with site.house.worker():
        mine = (await site.start(agent="theirs")).json()["session_id"]
        assert (await leave(site.owner, password=OWNER["password"])).status_code == 204
        assert (await stranger.get(f"{CHARACTERS}theirs/")).status_code == 200
        kept = await stranger.get(f"/api/agents/sessions/{mine}/")
        assert kept.json()["status"] in ("created", "active")


async def test_only_who_proves_it_again_leaves(site: Site) -> None:
    refused(await leave(site.nobody, password=OWNER["password"]), 401, "not_authenticated")
    refused(await leave(site.keyed, password=OWNER["password"]), 403, "permission_denied")
    wrong = refused(await leave(site.owner, password="wrong password"), 403, "permission_denied")
    assert list(wrong["errors"]) == ["password"]
    refused(await leave(site.owner), 403, "permission_denied")
    refused(await leave(site.owner, password=5), 422, "validation_failed")
    refused(await site.owner.delete(ME), 400, "invalid_request")
    assert (await site.owner.get(ME)).status_code == 200
    assert (await site.keyed.get(ME)).status_code == 200


async def test_passwords_tried_at_leaving_are_counted(make_site: MakeSite) -> None:
    site = await make_site(accounts={"log_in_rate_by_account": "3 per 5 minutes"})
    for _ in range(3):
        refused(await leave(site.owner, password="wrong password"), 403, "permission_denied")
    refused(await leave(site.owner, password=OWNER["password"]), 429, "rate_limited")


async def test_who_has_no_password_leaves_just_after_signing_in(
    make_site: MakeSite, oidc_provider: OidcProvider
) -> None:
    site = await make_site(accounts=configured(oidc_provider))
    await oidc_provider.know("leaver", email="leaver@new.example", email_verified=True)
    access = (await sign_in(site, oidc_provider, "leaver")).json()["access"]
    client = await site.client(Authorization=f"Bearer {access}")
    assert (await leave(client)).status_code == 204
    refused(await client.get(ME), 401, "not_authenticated")


@pytest.mark.own_stack("stops the sessions service")
async def test_a_part_that_is_away_lets_the_same_request_complete_it_later(site: Site) -> None:
    me = (await site.owner.get(ME)).json()
    await site.house.stop()
    refused(await leave(site.owner, password=OWNER["password"]), 503, "upstream_unavailable")
    # What was begun holds: credentials are stopped, characters take no calls.
    refused(await site.keyed.get(ME), 401, "not_authenticated")
    assert "DELETE" in refused(await site.owner.get(ME), 401, "not_authenticated")["message"]
    refused(await site.owner.post("/api/auth/api-keys/", json={"name": "late"}), 401, "not_authenticated")
    await site.house.start()
    access = (await site.nobody.post("/api/auth/login/", json=OWNER)).json()["access"]
    client = await site.client(Authorization=f"Bearer {access}")

    async def left() -> bool:
        return (await leave(client, password=OWNER["password"])).status_code == 204

    await until(left)
    assert await left_of(site, me["tenant_id"], me["id"]) == {}


async def test_the_export_has_everything_but_secrets(site: Site) -> None:
    character = {
        "llm_api_key": SECRET,
        "mcp_servers": [{"name": "search", "url": "https://mcp.acme.com", "headers": {"X-Token": SECRET}}],
    }
    assert (await site.owner.patch(f"{CHARACTERS}support-bot/", json=character)).status_code == 200
    stranger = await site.stranger()
    await stranger.post(CHARACTERS, json={"slug": "theirs", "name": "Theirs"})
    async with site.house.worker(slots=5) as worker:
        session_id = await a_call(site, worker)
    for client in (site.owner, site.keyed):
        answer = await client.get(EXPORT)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-disposition"] == 'attachment; filename="callbox-export.json"'
        taken = answer.json()
        assert set(taken) == {"exported_at", "accounts", "characters", "sessions"}
        assert (taken["accounts"]["api_keys"][0]["last_used_at"] is not None) is (client is site.keyed)
        (user,) = taken["accounts"]["users"]
        assert user["email"] == OWNER["email"]
        assert user["created_at"].endswith("Z")
        (key,) = taken["accounts"]["api_keys"]
        assert key["preview"] == f"{site.key[:5]}...{site.key[-4:]}"
        assert [row["slug"] for row in taken["characters"]["characters"]] == ["support-bot"]
        assert [row["version"] for row in taken["characters"]["versions"]] == [1, 2]
        assert taken["characters"]["versions"][1]["definition"]["llm_api_key"] == "••••1234"
        assert [row["session_id"] for row in taken["sessions"]["sessions"]] == [session_id]
        assert [row["body"]["text"] for row in taken["sessions"]["turns"]] == ["When do you open?", "At ten."]
        assert taken["sessions"]["events"]
        text = json.dumps(taken)
        for secret in (SECRET, site.key, "argon2", OWNER["password"], "snapshot", "mcp_headers", "digest"):
            assert secret not in text
    refused(await site.nobody.get(EXPORT), 401, "not_authenticated")


async def test_a_long_export_is_whole(site: Site) -> None:
    me = (await site.owner.get(ME)).json()
    connection = await asyncpg.connect(site.house.settings.database_url)
    await connection.execute(
        """insert into sessions.sessions (session_id, tenant_id, owner_id, character_id, character_slug,
            character_version, room_name, participant_identity, status, end_reason, slot_held, token_expire_time)
        select 'sess_' || n, $1, $2, 'chr_x', 'support-bot', 1, 'room-' || n, 'caller', 'ended', 'client_left', false,
            now() from generate_series(1, 1234) n""",
        me["tenant_id"],
        me["id"],
    )
    await connection.execute(
        """insert into sessions.turns (session_row, turn_index, body)
        select id, n, jsonb_build_object('text', repeat('x', 300)) from sessions.sessions, generate_series(0, 3) n"""
    )
    await connection.close()
    taken = (await site.owner.get(EXPORT)).json()["sessions"]
    assert len({row["session_id"] for row in taken["sessions"]}) == len(taken["sessions"]) == 1234
    assert len({(row["session_row"], row["turn_index"]) for row in taken["turns"]}) == len(taken["turns"]) == 4 * 1234
    assert taken["events"] == []
    assert (await leave(site.owner, password=OWNER["password"])).status_code == 204
    assert await left_of(site, me["tenant_id"], me["id"]) == {}
