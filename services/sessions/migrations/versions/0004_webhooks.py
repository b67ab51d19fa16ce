"""Webhooks: endpoints of tenants, messages for them, and the delivery of each message to each endpoint."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table webhook_endpoints (
            seq bigint generated always as identity,
            id text primary key,
            tenant_id text not null,
            url text not null,
            -- Empty means all, also types to come.
            events text[] not null default '{}',
            is_active boolean not null default true,
            disabled_reason text not null default '',
            -- Encrypted.
            secret text not null,
            previous_secret text,
            previous_secret_until timestamptz,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now(),
            check ((previous_secret is null) = (previous_secret_until is null))
        )
        """
    )
    op.execute("create index webhook_endpoints_by_tenant on webhook_endpoints (tenant_id, seq desc)")
    op.execute(
        """
        create table webhook_messages (
            id text primary key,
            tenant_id text not null,
            type text not null,
            -- As it is sent, to the byte: it is what is signed.
            body text not null,
            created_at timestamptz not null default now()
        )
        """
    )
    op.execute(
        """
        create table webhook_deliveries (
            seq bigint generated always as identity primary key,
            id text not null unique,
            tenant_id text not null,
            endpoint_id text not null references webhook_endpoints (id) on delete cascade,
            message_id text not null references webhook_messages (id) on delete cascade,
            status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
            -- Attempts begun in all, and since the message was made or sent again by hand.
            attempts integer not null default 0,
            tries integer not null default 0,
            next_attempt_at timestamptz default now(),
            give_up_at timestamptz not null,
            -- While some process tries; when it is over, that process is taken for dead.
            leased_until timestamptz,
            last_attempt_at timestamptz,
            http_status integer,
            error text not null default '',
            response_excerpt text not null default '',
            duration_ms double precision,
            created_at timestamptz not null default now(),
            check ((status = 'pending') = (next_attempt_at is not null))
        )
        """
    )
    op.execute(
        "create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_attempt_at) "
        "where status = 'pending'"
    )
    op.execute("create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, seq desc)")
    op.execute("create index webhook_deliveries_by_message on webhook_deliveries (message_id)")
    op.execute("create index webhook_messages_by_tenant on webhook_messages (tenant_id, id)")
    op.execute("create index webhook_messages_by_time on webhook_messages (created_at)")
    # How far what happens in other services has been brought over.
    op.execute("create table webhook_sources (name text primary key, number bigint not null default 0)")
    op.execute("insert into webhook_sources (name) values ('documents')")


def downgrade() -> None:
    op.execute("drop table webhook_sources")
    op.execute("drop table webhook_deliveries")
    op.execute("drop table webhook_messages")
    op.execute("drop table webhook_endpoints")
