"""The handoffs of a page of sessions are read through an index of their own, as tool calls are."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index events_of_handoffs on events (session_row, sequence) where kind = 'handoff'")


def downgrade() -> None:
    op.execute("drop index events_of_handoffs")
