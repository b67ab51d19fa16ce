"""Alembic's entry: runs the migrations on the connection that the service opened."""

from alembic import context

from services.kit.schema_upgrade import run_env

run_env(context.config, context)
