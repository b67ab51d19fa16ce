"""Rotating keys of access tokens, sign-in without a password, accounts that are being deleted."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        create table signing_keys (
            id text primary key,
            public bytea not null,
            -- Encrypted; forgotten when another key signs.
            private bytea,
            created_at timestamptz not null default now(),
            -- Unset while the key signs.
            verify_until timestamptz,
            check ((private is null) = (verify_until is not null))
        )
    """)
    op.execute("create unique index signing_keys_signing on signing_keys ((true)) where verify_until is null")
    op.execute("alter table users alter column password_hash drop not null")
    op.execute("alter table users add column deleting_at timestamptz")
    op.execute("create index users_of_tenant on users (tenant_id)")
    op.execute("""
        create table external_logins (
            issuer text not null,
            subject text not null,
            user_id bigint not null references users on delete cascade,
            created_at timestamptz not null default now(),
            primary key (issuer, subject)
        )
    """)
    op.execute("create index external_logins_of_user on external_logins (user_id)")
