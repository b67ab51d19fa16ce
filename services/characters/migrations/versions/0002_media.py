"""Files of characters, and what a list is searched by."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("alter table characters add column search text not null default ''")
    op.execute("""
        update characters c set search = left(lower(c.slug || ' ' || (v.definition ->> 'name')), 264)
        from versions v where v.character_id = c.id and v.version = c.version
    """)
    # What is searched stands in the index, so that a search reads nothing but its own tenant's part of it.
    op.execute("drop index characters_of_tenant")
    op.execute("""
        create index characters_of_tenant on characters (tenant_id, seq desc) include (search) where deleted_at is null
    """)
    op.execute("create index characters_deleted on characters (deleted_at) where deleted_at is not null")
    op.execute("alter table versions add column media text[] not null default '{}'")
    op.execute("""
        create table media (
            character_id text not null references characters (id),
            name text not null,
            purpose text not null,
            media_type text not null,
            bytes integer not null,
            created_by bigint not null,
            created_at timestamptz not null default now(),
            primary key (character_id, name)
        )
    """)
    op.execute("create index media_by_age on media (created_at)")
