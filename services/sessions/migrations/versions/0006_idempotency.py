"""Keys by which clients repeat a start without starting twice."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table start_keys (
            -- Who the key belongs to.
            scope text not null,
            key text not null,
            -- Of the request; another one under the same key is refused.
            digest bytea not null,
            -- The session it started; null while that is under way.
            session_row bigint references sessions (id) on delete cascade,
            -- What was answered, without the token; null while that is under way.
            answer bytea,
            create_time timestamptz not null default now(),
            primary key (scope, key),
            check ((session_row is null) = (answer is null))
        )
        """
    )
    op.execute("create index start_keys_by_time on start_keys (create_time)")
    op.execute("create index start_keys_by_tenant on start_keys (split_part(scope, '/', 1))")
    op.execute("create index start_keys_by_session on start_keys (session_row)")


def downgrade() -> None:
    op.execute("drop table start_keys")
