"""Tenants, users, refresh families, API keys."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
        create table tenants (
            id text primary key,
            concurrent_sessions integer not null check (concurrent_sessions >= 0),
            created_at timestamptz not null default now()
        )
    """)
    op.execute("""
        create table users (
            id bigint generated always as identity primary key,
            email text not null,
            email_key text not null unique,
            password_hash text not null,
            tenant_id text not null references tenants,
            is_staff boolean not null,
            created_at timestamptz not null default now()
        )
    """)
    op.execute("""
        create table refresh_families (
            id text primary key,
            user_id bigint not null references users on delete cascade,
            digest bytea not null,
            expires_at timestamptz not null
        )
    """)
    op.execute("create index refresh_families_of_user on refresh_families (user_id, expires_at)")
    op.execute("""
        create table api_keys (
            seq bigint generated always as identity primary key,
            id text not null unique,
            user_id bigint not null references users on delete cascade,
            name text not null,
            digest bytea not null unique,
            preview text not null,
            is_active boolean not null,
            last_used_at timestamptz,
            created_at timestamptz not null default now()
        )
    """)
    op.execute("create index api_keys_of_user on api_keys (user_id, seq desc)")
