"""LiveKit agent names are not used any more. An older process may still read the column."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A check of the table wants a value while a slot is held.
    op.execute("alter table sessions alter column agent_name set default ''")


def downgrade() -> None:
    op.execute("alter table sessions alter column agent_name drop default")
