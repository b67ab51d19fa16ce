"""The calls that a user asked for, which forget who it was when the user's account is deleted."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Most calls are those of visitors, whose number is 0.
    op.execute("create index sessions_of_user on sessions (user_id) where user_id <> 0")


def downgrade() -> None:
    op.execute("drop index sessions_of_user")
