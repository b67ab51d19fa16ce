"""Rows of a busy installation in every table of a service, so that the planner chooses as it does there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.past import Tenant, make_past

if TYPE_CHECKING:
    from services.kit.database import Pool

TENANT = Tenant("ten_busy", 7)
# Enough that reading an index is cheaper than reading a table, as it is at any larger size.
SESSIONS, TURNS, OTHERS = 8_000, 24_000, 4_000
_SECONDS = 120.0
# Tables that stay small → why. Every other table must have rows here.
SMALL_TABLES = {
    "schema_version": "one row, of Alembic",
    "signing_keys": "one key a month, and those that still verify",
    "webhook_sources": "one row for each source",
    "pgqueuer_schedules": "Callbox schedules nothing",
}

ACCOUNTS = """
    insert into tenants (id, concurrent_sessions) select 'ten_' || n, 5 from generate_series(1, 6000) n;
    insert into users (email, email_key, password_hash, tenant_id, is_staff)
        select 'u' || n || '@callbox.local', 'u' || n || '@callbox.local', 'hash', 'ten_' || n, false
        from generate_series(1, 6000) n;
    insert into external_logins (issuer, subject, user_id)
        select 'https://issuer.example', 's' || id, id from users;
    insert into refresh_families (id, user_id, digest, expires_at)
        select 'ref_' || id || '_' || n, id, '\\x00', now() + (n - 1) * interval '10 days'
        from users, generate_series(0, 2) n;
    insert into api_keys (id, user_id, name, digest, preview, is_active)
        select 'key_' || id || '_' || n, id, 'a key', sha256((id || '_' || n)::bytea), 'sk_12...3456', true
        from users, generate_series(1, 2) n;
"""

# One tenant has a hundred characters and a thousand have six; one character has a hundred documents, the others one.
CHARACTERS = """
    insert into characters (id, slug, tenant_id, created_by, version, search, deleted_at)
        select 'chr_' || n, 'bot-' || n, case when n <= 100 then 'ten_big' else 'ten_' || n % 1000 end, 1, 3,
            'bot-' || n || ' a bot', case when n % 50 = 49 then now() - n * interval '1 minute' end
        from generate_series(1, 6000) n;
    insert into versions (character_id, version, definition, secrets, changed, bytes, media, created_by, created_at)
        select c.id, n, jsonb_build_object('slug', c.slug, 'name', 'A bot'),
            case when c.seq % 10 = 3 then '{"llm_api_key": "sealed"}' else '{}' end::jsonb, '{name}', 50, '{}', 1,
            now() - (4 - n) * interval '3 days'
        from characters c, generate_series(1, 3) n;
    insert into media (character_id, name, purpose, media_type, bytes, created_by, created_at)
        select id, md5(n::text) || md5(id) || '.png', 'image', 'image/png', 100, 1, now() - n * interval '2 hours'
        from characters, generate_series(0, 1) n;
    insert into documents (id, character_id, tenant_id, name, file_type, file_key, status, chunk_count, created_at)
        select 'doc_' || n, c.id, c.tenant_id, 'a document', 'md', 'documents/' || c.id || '/doc_' || n,
            case when n % 400 = 0 then 'PENDING' else 'PROCESSED' end, 1, now() - n * interval '1 minute'
        from generate_series(1, 6000) n
        join characters c on c.id = 'chr_' || case when n <= 100 then 1 else n end;
    insert into chunks (document_id, character_id, text, words, embedding)
        select id, character_id, 'a passage number ' || seq,
            array_to_tsvector(array[chr(1) || character_id]) || to_tsvector('simple', 'a passage number ' || seq),
            (select array_agg(sin(d.seq * k)) from generate_series(1, 384) k)::real[]::{vectors}.vector(384)
        from documents d where seq <= 3000;
    insert into document_events (tenant_id, character_slug, document_id, name, file_type, file_key, status, chunk_count,
            error, document_created_at, created_at)
        select tenant_id, 'bot', id, name, file_type, file_key, status, chunk_count, '', created_at,
            now() - seq * interval '7.22 minutes'
        from documents;
    insert into discarded_files (file_key, discarded_at)
        select 'documents/chr_' || n || '/gone_' || n, now() - n * interval '1 minute' from generate_series(1, 6000) n;
    insert into pgqueuer (priority, status, entrypoint, payload, dedupe_key)
        select 0, 'queued', 'read_document', convert_to('doc_' || n, 'UTF8'), null from generate_series(401, 6000) n;
    insert into pgqueuer_log (created, job_id, status, priority, entrypoint)
        select now() - n * interval '7.22 minutes', n, 'successful', 0, 'read_document' from generate_series(1, 6000) n;
    insert into pgqueuer_statistics (created, count, priority, status, entrypoint)
        select now() - n * interval '7.22 minutes', 1, 0, 'successful', 'read_document' from generate_series(1, 6000) n;
"""

# Beside the sessions, turns and events that `make_past` has: some calls are under way, and people who use other
# tenants' characters.
SESSIONS_TOO = """
    update sessions set status = 'active', end_reason = null where id in (
        select max(id) - n * 37 from sessions, generate_series(1, 40) n group by n);
    update sessions set user_id = id % 3000;
    update sessions set room_delete_time = now() where id % 500 = 0;
    insert into events (session_row, sequence, occur_time, kind, body)
        select id, 100000 + n, create_time, 'turn', jsonb_build_object('text', repeat('word ', 40))
        from sessions, generate_series(1, 3) n;
    insert into events (session_row, sequence, occur_time, kind, body)
        select id, 200000 + n, create_time, case n when 1 then 'handoff' else 'usage' end, '{"turn_count": 1}'
        from sessions, generate_series(1, 2) n where id % 40 = 0;
    insert into form_responses (tenant_id, character_id, character_slug, form_id, session_id, body, field_names,
            idempotency_key, digest)
        select tenant_id, 'chr_past', character_slug, 'note', session_id, '{"text": "hello"}', array['text'],
            'key-' || id, '\\x00'
        from sessions where id % 2 = 0;
    insert into webhook_endpoints (id, tenant_id, url, is_active, secret)
        select 'whk_' || n, 'ten_hook' || n / 3, 'https://shop.example/hook', n % 7 <> 0, 'sealed'
        from generate_series(1, 24000) n;
    insert into webhook_messages (id, tenant_id, type, body, created_at)
        select 'msg_' || n, 'ten_hook' || n / 3, 'session.ended', '{}', now() - n * interval '75 seconds'
        from generate_series(1, 24000) n;
    insert into webhook_deliveries (id, tenant_id, endpoint_id, message_id, status, next_attempt_at, give_up_at)
        select 'dlv_' || n, 'ten_hook' || n / 3, 'whk_' || n, 'msg_' || n,
            case when n % 200 = 50 then 'pending' else 'delivered' end, case when n % 200 = 50 then now() end,
            now() + case when n % 400 = 50 then -1 else 1 end * interval '1 hour'
        from generate_series(1, 24000) n;
    insert into start_keys (scope, key, digest, session_row, answer, create_time)
        select tenant_id || '/' || user_id, 'key-' || id, '\\x00', id, '\\x00', now() - id * interval '10 seconds'
        from sessions where id % 2 = 0;
"""


async def fill(service: str, url: str, pool: Pool) -> None:
    """Makes the past of a service in its empty schema."""
    if service == "accounts":
        await pool.execute(ACCOUNTS, timeout=_SECONDS)
    elif service == "characters":
        vectors = await pool.fetchval(
            "select quote_ident(nspname) from pg_extension join pg_namespace n on n.oid = extnamespace "
            "where extname = 'vector'"
        )
        await pool.execute(CHARACTERS.replace("{vectors}", vectors), timeout=_SECONDS)
    else:
        await make_past(url, service, TENANT, SESSIONS, TURNS, OTHERS)
        await pool.execute(SESSIONS_TOO, timeout=_SECONDS)
    await pool.execute("vacuum analyze", timeout=_SECONDS)
