"""What became of a reference recording."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A `VoiceEvent` as JSON; null where no recording was given.
    op.execute("alter table sessions add column voice jsonb")


def downgrade() -> None:
    op.execute("alter table sessions drop column voice")
