"""Indexes for what deletes, exports and sweeps, which read whole tables without them."""

from alembic import op

revision = "0004"
down_revision = "0003"

_INDEXES = (
    # A tenant's rows, in the order of an export; characters also those that are deleted.
    "characters_by_tenant on characters (tenant_id, seq)",
    "documents_by_tenant on documents (tenant_id, seq)",
    "document_events_by_tenant on document_events (tenant_id, number)",
    # Files that wait to be swept away: the oldest first, and those of one character.
    "discarded_files_by_age on discarded_files (discarded_at)",
    "discarded_files_of_character on discarded_files (split_part(file_key, '/', 2))",
    # Whether a document has a job.
    "pgqueuer_by_payload on pgqueuer (payload)",
    "pgqueuer_statistics_by_age on pgqueuer_statistics (created)",
)


def upgrade() -> None:
    for index in _INDEXES:
        op.execute(f"create index {index}")
