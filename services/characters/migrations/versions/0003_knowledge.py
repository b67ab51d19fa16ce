"""Documents of characters, their passages, and the queue of documents that wait to be read."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_LEAST_VECTOR = (0, 8)
_HOW = (
    "Characters need the PostgreSQL extension pgvector 0.8 or newer. Install it on the server, then run "
    "`create extension if not exists vector schema public` in Callbox's database as a superuser, or `alter extension "
    "vector update` for an older one."
)
# The queue of pgqueuer 1.6.0, as its `install` makes it; two empty lines between statements.
_QUEUE = Path(__file__).parents[1] / "queue.sql"


def upgrade() -> None:
    connection = op.get_bind()
    where = _vector_schema(connection)
    op.execute(f"set local search_path to {connection.scalar(sa.text('select current_schema()'))}, {where}")
    op.execute("""
        create table documents (
            seq bigint generated always as identity primary key,
            id text not null unique,
            character_id text not null references characters (id) on delete cascade,
            tenant_id text not null,
            name text not null,
            file_type text not null,
            file_key text not null,
            url text not null default '',
            status text not null default 'PENDING' check (status in ('PENDING', 'PROCESSED', 'FAILED')),
            attempts integer not null default 0,
            chunk_count integer not null default 0,
            error text not null default '',
            created_at timestamptz not null default now()
        )
    """)
    op.execute("create index documents_of_character on documents (character_id, seq desc)")
    op.execute("create index documents_that_wait on documents (created_at) where status = 'PENDING'")
    op.execute("""
        create table chunks (
            id bigint generated always as identity primary key,
            document_id text not null references documents (id) on delete cascade,
            character_id text not null,
            page integer not null default 0,
            text text not null,
            words tsvector not null,
            embedding vector(384) not null
        )
    """)
    op.execute("alter table chunks alter column embedding set storage plain")
    op.execute("create index chunks_of_document on chunks (document_id)")
    op.execute("create index chunks_of_character on chunks (character_id)")
    op.execute("create index chunks_words on chunks using gin (words)")
    op.execute(
        "create index chunks_embedding on chunks using hnsw (embedding vector_cosine_ops) with (ef_construction = 128)"
    )
    op.execute("""
        create table document_events (
            number bigint generated always as identity primary key,
            tenant_id text not null,
            character_slug text not null,
            document_id text not null,
            name text not null,
            file_type text not null,
            file_key text not null,
            status text not null,
            chunk_count integer not null,
            error text not null,
            document_created_at timestamptz not null,
            created_at timestamptz not null default now()
        )
    """)
    op.execute("create index document_events_by_age on document_events (created_at)")
    op.execute(
        "create table discarded_files (file_key text primary key, discarded_at timestamptz not null default now())"
    )
    op.execute("""
        create function discard_file() returns trigger as $$
        begin
            insert into discarded_files (file_key) values (old.file_key) on conflict do nothing;
            return old;
        end
        $$ language plpgsql
    """)
    op.execute("create trigger document_deleted after delete on documents for each row execute function discard_file()")
    for statement in _QUEUE.read_text().split("\n\n\n"):
        op.execute(statement)


def _vector_schema(connection: Any) -> str:
    """The schema that pgvector is in, quoted; made in `public` when it is nowhere and we may.

    Raises: RuntimeError that says what to do.
    """
    find = sa.text(
        """select quote_ident(nspname), extversion from pg_extension
        join pg_namespace on pg_namespace.oid = extnamespace where extname = 'vector'"""
    )
    found = connection.execute(find).first()
    if found is None:
        try:
            with connection.begin_nested():
                connection.execute(sa.text("create extension vector schema public"))
        except sa.exc.DBAPIError as fault:
            raise RuntimeError(_HOW) from fault
        found = connection.execute(find).one()
    where, version = found
    if tuple(int(part) for part in version.split(".")[:2]) < _LEAST_VECTOR:
        raise RuntimeError(f"{_HOW} This server has {version}.")
    return str(where)
