"""Alembic's entry: runs on the connection that kit's `migrate` opened."""

from alembic import context

from services.kit.schema_upgrade import run_env

run_env(context.config, context)
