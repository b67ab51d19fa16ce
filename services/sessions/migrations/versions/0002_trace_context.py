"""The trace that a session belongs to, kept for the worker that claims it."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # For a short time 0001 made this column itself.
    op.execute("alter table sessions add column if not exists trace_context jsonb not null default '{}'")


def downgrade() -> None:
    op.execute("alter table sessions drop column trace_context")
