"""Runs the migrations of a service with Alembic.

Apart from `database`, which every service imports: SQLAlchemy and Alembic are a third of all that a service imports,
and only a start that finds an older schema needs them.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool


async def upgrade(url: str, schema: str, migrations: Path, version_table: str, connect_seconds: float) -> None:
    """Upgrades a schema to the newest revision. Processes that do so together take turns by an advisory lock."""
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=NullPool,
        connect_args={"timeout": connect_seconds},
    )

    def run(connection: Connection) -> None:
        connection.execute(text("select pg_advisory_xact_lock(hashtext(:name))"), {"name": f"callbox-migrate-{schema}"})
        connection.execute(text(f'create schema if not exists "{schema}"'))
        connection.execute(text(f'set local search_path to "{schema}"'))
        config = Config()
        config.set_main_option("script_location", str(migrations))
        config.attributes.update(connection=connection, schema=schema, version_table=version_table)
        command.upgrade(config, "head")

    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def run_env(config: Config, context: Any) -> None:
    """The body of a service's `migrations/env.py`: runs the migrations on the connection that `upgrade` opened."""
    context.configure(
        connection=config.attributes["connection"],
        version_table=config.attributes["version_table"],
        version_table_schema=config.attributes["schema"],
    )
    with context.begin_transaction():
        context.run_migrations()
