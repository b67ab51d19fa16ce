"""Sessions, their events and their turns."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table sessions (
            id bigint generated always as identity primary key,
            session_id text not null unique,
            tenant_id text not null,
            owner_id bigint not null,
            character_id text not null,
            character_slug text not null,
            character_version integer not null,
            user_id bigint not null default 0,
            room_name text not null unique,
            participant_identity text not null,
            origin_url text not null default '',
            metadata jsonb not null default '{}',
            -- What the call is run by; forgotten when it is over.
            snapshot bytea,
            mcp_headers jsonb,
            max_call_seconds integer not null default 0,

            status text not null default 'created' check (status in ('created', 'active', 'ended')),
            end_reason text,
            create_time timestamptz not null default now(),
            token_expire_time timestamptz not null,
            join_time timestamptz,
            end_time timestamptz,
            finalize_time timestamptz,

            slot_held boolean not null default true,
            worker_id text,
            agent_name text,
            slot_time timestamptz not null default now(),
            dispatch_time timestamptz not null default now(),
            dispatch_count integer not null default 1,
            claim_time timestamptz,

            room_sid text,
            caller_sid text,
            caller_left_time timestamptz,
            agent_left_time timestamptz,
            room_delete_time timestamptz,
            notice_code text,
            notice_message text,

            last_sequence bigint not null default 0,
            llm_input_tokens bigint not null default 0,
            llm_output_tokens bigint not null default 0,
            stt_audio_seconds double precision not null default 0,
            tts_characters bigint not null default 0,
            llm_model text not null default '',
            llm_provider text not null default '',
            stt_provider text not null default '',
            tts_provider text not null default '',
            interruption_count integer not null default 0,
            turn_count integer not null default 0,

            check ((status = 'ended') = (end_reason is not null)),
            check (not (status = 'ended' and slot_held)),
            check (not slot_held or (worker_id is not null and agent_name is not null))
        )
        """
    )
    op.execute("create index sessions_by_tenant on sessions (tenant_id, create_time desc, id desc)")
    op.execute("create index sessions_by_character on sessions (character_slug, create_time desc, id desc)")
    op.execute("create index sessions_by_time on sessions (create_time desc, id desc)")
    op.execute("create index sessions_open on sessions (id) where status <> 'ended'")
    op.execute("create index sessions_rooms_due on sessions (room_delete_time) where room_delete_time is not null")
    op.execute(
        """
        create table events (
            session_row bigint not null references sessions (id) on delete cascade,
            sequence bigint not null check (sequence > 0),
            occur_time timestamptz not null,
            kind text not null,
            body jsonb not null,
            primary key (session_row, sequence)
        )
        """
    )
    op.execute(
        """
        create table turns (
            session_row bigint not null references sessions (id) on delete cascade,
            turn_index integer not null,
            body jsonb not null,
            primary key (session_row, turn_index)
        )
        """
    )


def downgrade() -> None:
    op.execute("drop table turns")
    op.execute("drop table events")
    op.execute("drop table sessions")
