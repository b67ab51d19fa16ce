"""Answers to forms."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table form_responses (
            id bigint generated always as identity primary key,
            tenant_id text not null,
            character_id text not null,
            character_slug text not null,
            form_id text not null,
            session_id text,
            body jsonb not null,
            -- Of the form when it was answered, in its order, which jsonb does not keep.
            field_names text[] not null,
            idempotency_key text,
            digest bytea,
            create_time timestamptz not null default now()
        )
        """
    )
    op.execute("create index form_responses_by_character on form_responses (character_id, id desc)")
    op.execute("create index form_responses_by_form on form_responses (character_id, form_id, id desc)")
    op.execute("create index form_responses_by_session on form_responses (session_id, id) where session_id is not null")
    op.execute("create index form_responses_by_tenant on form_responses (tenant_id, id)")
    op.execute(
        "create unique index form_responses_by_key on form_responses (character_id, idempotency_key) "
        "where idempotency_key is not null"
    )


def downgrade() -> None:
    op.execute("drop table form_responses")
