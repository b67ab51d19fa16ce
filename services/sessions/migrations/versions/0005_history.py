"""What history is asked for: totals kept as calls end, the origin of a call's page, what it cost, and indexes."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Scheme, host and port of the page, as a browser's `Origin` has them; cut, because an index holds no long keys.
_ORIGIN = r"""
    case when origin_url ~* '^https?://[^/?#]' then
        left(regexp_replace(regexp_replace(
            lower(regexp_replace(origin_url, '^(https?)://(?:[^/?#]*@)?([^/?#@]*).*$', '\1://\2', 'i')),
            '^(https://.*)\:443$', '\1'), '^(http://.*)\:80$', '\1'), 300)
    else '' end
"""
# What the calls of one bucket add up to.
_SUMS = """
    llm_input_tokens, llm_output_tokens, stt_audio_seconds, tts_characters, interruption_count, turn_count,
    cost_nano_usd
"""
_WATCHED = f"tenant_id, owner_id, character_slug, origin_url, end_reason, create_time, status, {_SUMS}"


def upgrade() -> None:
    op.execute(
        f"""
        alter table sessions
            add column cost_nano_usd bigint not null default 0,
            add column origin text not null generated always as ({_ORIGIN}) stored
        """
    )
    for name, first in (
        ("sessions_of_tenant", "tenant_id"),
        ("sessions_of_tenant_by_character", "tenant_id, character_slug"),
        ("sessions_of_tenant_by_status", "tenant_id, status"),
        ("sessions_of_tenant_by_reason", "tenant_id, end_reason"),
        ("sessions_of_tenant_by_origin", "tenant_id, origin"),
    ):
        # The owner is looked at in the index, so that a page deep in a list is found without reading the table.
        op.execute(f"create index {name} on sessions ({first}, create_time desc, id desc) include (owner_id)")
    op.execute("create index sessions_by_reason on sessions (end_reason, create_time desc, id desc)")
    op.execute("create index sessions_by_origin on sessions (origin, create_time desc, id desc)")
    op.execute("create index sessions_unended on sessions (tenant_id, create_time) where status <> 'ended'")
    op.execute("drop index sessions_by_tenant")
    # The turn as it travels, beside `body`: a page of history has a thousand. What was stored before has none, and is
    # read from `body`.
    op.execute("alter table turns add column wire bytea")
    op.execute("create index events_of_tools on events (session_row, sequence) where kind = 'tool'")

    # Calls that are over, added up by day and by month of their creation (UTC).
    op.execute(
        """
        create table totals (
            tenant_id text not null,
            grain text not null check (grain in ('day', 'month')),
            bucket timestamptz not null,
            owner_id bigint not null,
            character_slug text not null,
            origin text not null,
            end_reason text not null,
            session_count bigint not null,
            llm_input_tokens bigint not null,
            llm_output_tokens bigint not null,
            -- Exact, so that what is taken away again leaves nothing behind.
            stt_audio_micros bigint not null,
            tts_characters bigint not null,
            interruption_count bigint not null,
            turn_count bigint not null,
            cost_nano_usd bigint not null,
            primary key (tenant_id, grain, bucket, owner_id, character_slug, origin, end_reason)
        ) with (fillfactor = 70)
        """
    )
    op.execute("create index totals_by_time on totals (grain, bucket)")
    op.execute(
        """
        create function add_to_totals(s sessions, factor integer) returns void
        language sql set search_path from current as $$
            insert into totals as t
            select s.tenant_id, grain, date_trunc(grain, s.create_time, 'UTC'), s.owner_id, s.character_slug, s.origin,
                s.end_reason, factor, factor * s.llm_input_tokens, factor * s.llm_output_tokens,
                factor * round(s.stt_audio_seconds * 1000000)::bigint, factor * s.tts_characters,
                factor * s.interruption_count::bigint, factor * s.turn_count::bigint, factor * s.cost_nano_usd
            from (values ('month'), ('day')) as grains (grain)
            on conflict (tenant_id, grain, bucket, owner_id, character_slug, origin, end_reason) do update set
                session_count = t.session_count + excluded.session_count,
                llm_input_tokens = t.llm_input_tokens + excluded.llm_input_tokens,
                llm_output_tokens = t.llm_output_tokens + excluded.llm_output_tokens,
                stt_audio_micros = t.stt_audio_micros + excluded.stt_audio_micros,
                tts_characters = t.tts_characters + excluded.tts_characters,
                interruption_count = t.interruption_count + excluded.interruption_count,
                turn_count = t.turn_count + excluded.turn_count,
                cost_nano_usd = t.cost_nano_usd + excluded.cost_nano_usd
        $$
        """
    )
    op.execute(
        """
        create function keep_totals() returns trigger language plpgsql set search_path from current as $$
        begin
            if tg_op <> 'INSERT' and old.status = 'ended' then perform add_to_totals(old, -1); end if;
            if tg_op <> 'DELETE' and new.status = 'ended' then perform add_to_totals(new, 1); end if;
            -- Of who is gone, nothing stays.
            if tg_op <> 'INSERT' and old.status = 'ended' then
                delete from totals where tenant_id = old.tenant_id and owner_id = old.owner_id and session_count = 0
                    and (grain, bucket) in (
                        ('day', date_trunc('day', old.create_time, 'UTC')),
                        ('month', date_trunc('month', old.create_time, 'UTC'))
                    );
            end if;
            return null;
        end
        $$
        """
    )
    # At the commit, when every session of the transaction is locked already, and the month before its days: who ends a
    # call while others are deleted waits for them, and never they for it.
    for verb, when in (
        ("insert", "new.status = 'ended'"),
        (f"update of {_WATCHED}", "old.status = 'ended' or new.status = 'ended'"),
        ("delete", "old.status = 'ended'"),
    ):
        op.execute(
            f"""
            create constraint trigger totals_after_{verb.partition(" ")[0]} after {verb} on sessions
            deferrable initially deferred for each row when ({when}) execute function keep_totals()
            """
        )
    op.execute("select add_to_totals(s, 1) from sessions s where status = 'ended'")


def downgrade() -> None:
    for verb in ("insert", "update", "delete"):
        op.execute(f"drop trigger totals_after_{verb} on sessions")
    op.execute("drop function keep_totals")
    op.execute("drop function add_to_totals")
    op.execute("drop table totals")
    op.execute("drop index events_of_tools")
    op.execute("alter table turns drop column wire")
    for name in (
        "sessions_of_tenant",
        "sessions_of_tenant_by_character",
        "sessions_of_tenant_by_status",
        "sessions_of_tenant_by_reason",
        "sessions_of_tenant_by_origin",
        "sessions_by_reason",
        "sessions_by_origin",
        "sessions_unended",
    ):
        op.execute(f"drop index {name}")
    op.execute("create index sessions_by_tenant on sessions (tenant_id, create_time desc, id desc)")
    op.execute("alter table sessions drop column origin, drop column cost_nano_usd")
