"""Characters and their versions."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
        create table characters (
            seq bigint generated always as identity primary key,
            id text not null unique,
            slug text not null,
            tenant_id text not null,
            created_by bigint not null,
            version integer not null,
            created_at timestamptz not null default now(),
            deleted_at timestamptz
        )
    """)
    op.execute("create unique index characters_slug on characters (slug) where deleted_at is null")
    op.execute("create index characters_of_tenant on characters (tenant_id, seq desc) where deleted_at is null")
    op.execute("""
        create table versions (
            character_id text not null references characters (id),
            version integer not null,
            definition jsonb not null,
            secrets jsonb not null,
            changed text[] not null,
            bytes integer not null,
            created_by bigint not null,
            created_at timestamptz not null default now(),
            primary key (character_id, version)
        )
    """)
