"""Notes on what was left out of a document, and documents that replace older ones of the same name."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("alter table documents add column notes text[] not null default '{}'")
    op.execute("alter table documents add column replaces boolean not null default false")
    op.execute("alter table document_events add column notes text[] not null default '{}'")
