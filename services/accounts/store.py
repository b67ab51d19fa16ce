"""Accounts in PostgreSQL."""

# ruff: noqa: S608  # only the column lists of this module are put into statements

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from services.accounts.tokens.refresh import RefreshToken
from services.kit.database import Pool

Row = asyncpg.Record

_USER = "id, email, tenant_id, is_staff, created_at, deleting_at"
_KEY = "seq, id, name, preview, is_active, last_used_at, created_at"

# Makes sign-ups wait for each other where the first account becomes staff.
LOCK_USERS = "lock table users in share row exclusive mode"
INSERT_TENANT = "insert into tenants (id, concurrent_sessions) values ($1, $2)"
INSERT_USER = f"""
    insert into users (email, email_key, password_hash, tenant_id, is_staff)
    values ($1, $2, $3, $4, $5 and not exists (select from users)) returning {_USER}
"""
INSERT_EXTERNAL_LOGIN = "insert into external_logins (issuer, subject, user_id) values ($1, $2, $3)"
USER_TO_LOG_IN = """
    select id, password_hash from users where email_key = any($1::text[])
    order by array_position($1::text[], email_key) limit 1
"""
USER = f"select {_USER} from users where id = $1"
USER_WITH_PASSWORD = f"select {_USER}, email_key, password_hash from users where id = $1"
USER_OF_EXTERNAL_LOGIN = "select user_id from external_logins where issuer = $1 and subject = $2"
MARK_USER_DELETING = f"update users set deleting_at = coalesce(deleting_at, now()) where id = $1 returning {_USER}"
DELETE_KEYS_OF_USER = "delete from api_keys where user_id = $1"
DELETE_FAMILIES_OF_USER = "delete from refresh_families where user_id = $1"
DELETE_USER = "delete from users where id = $1 and deleting_at is not null returning tenant_id"
DELETE_EMPTY_TENANT = """
    delete from tenants t where id = $1 and not exists (select from users where tenant_id = t.id)
"""
USER_OF_KEY = """
    select u.id, u.tenant_id, u.is_staff, k.id as key_id from api_keys k join users u on u.id = k.user_id
    where k.digest = $1 and k.is_active and u.deleting_at is null
"""
DELETE_EXPIRED_FAMILIES = "delete from refresh_families where user_id = $1 and expires_at < $2"
INSERT_FAMILY = """
    insert into refresh_families (id, user_id, digest, expires_at)
    select $1, id, $3, $4 from users where id = $2 for key share
"""
ROTATE_FAMILY = """
    update refresh_families set digest = $3, expires_at = $5
    where id = $1 and digest = $2 and expires_at > $4 returning user_id
"""
DELETE_FAMILY = "delete from refresh_families where id = $1 returning expires_at"
INSERT_KEY = f"""
    insert into api_keys (id, user_id, name, digest, preview, is_active)
    select $1, id, $3, $4, $5, $6 from users where id = $2 and deleting_at is null for share
    returning {_KEY}
"""
KEYS_PAGE = f"select {_KEY} from api_keys where user_id = $1 and seq < $2 order by seq desc limit $3"
UPDATE_KEY = f"""
    update api_keys set name = coalesce($3, name), is_active = coalesce($4, is_active)
    where id = $1 and user_id = $2 returning {_KEY}
"""
DELETE_KEY = "delete from api_keys where id = $1 and user_id = $2"
RECORD_KEY_USES = """
    update api_keys k set last_used_at = greatest(k.last_used_at, u.at)
    from unnest($1::text[], $2::timestamptz[]) as u(id, at) where k.id = u.id
"""
CONCURRENT_SESSIONS = "select concurrent_sessions from tenants where id = $1"
SET_CONCURRENT_SESSIONS = "update tenants set concurrent_sessions = $2 where id = $1"


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to be stored."""

    email: str
    email_key: str
    password_hash: str | None
    tenant_id: str
    concurrent_sessions: int
    staff_if_first: bool
    # (issuer, subject) of a sign-in with another provider.
    external: tuple[str, str] | None = None


class Store:
    """Reads and writes the schema of accounts."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add_user(self, user: NewUser) -> Row | None:
        """Stores a tenant and its user; None when the e-mail or the external login is taken."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                if user.staff_if_first:
                    await connection.execute(LOCK_USERS)
                await connection.execute(INSERT_TENANT, user.tenant_id, user.concurrent_sessions)
                row = await connection.fetchrow(
                    INSERT_USER, user.email, user.email_key, user.password_hash, user.tenant_id, user.staff_if_first
                )
                if user.external is not None and row is not None:
                    await connection.execute(INSERT_EXTERNAL_LOGIN, *user.external, row["id"])
                return row
        except asyncpg.UniqueViolationError:
            return None

    async def user_to_log_in(self, *email_keys: str) -> Row | None:
        """id and password_hash of the user with the first of these e-mail keys that exists."""
        return await self._pool.fetchrow(USER_TO_LOG_IN, list(email_keys))

    async def user(self, user_id: int) -> Row | None:
        """The user."""
        return await self._pool.fetchrow(USER, user_id)

    async def user_with_password(self, user_id: int) -> Row | None:
        """The user, with email_key and password_hash."""
        return await self._pool.fetchrow(USER_WITH_PASSWORD, user_id)

    async def user_of_external(self, issuer: str, subject: str) -> int | None:
        """The id of the user with this external login."""
        user_id: int | None = await self._pool.fetchval(USER_OF_EXTERNAL_LOGIN, issuer, subject)
        return user_id

    async def add_external(self, issuer: str, subject: str, user_id: int) -> bool:
        """Adds an external login to a user; False when the user is gone or another user has this login."""
        try:
            await self._pool.execute(INSERT_EXTERNAL_LOGIN, issuer, subject, user_id)
        except (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError):
            return False
        return True

    async def begin_deletion(self, user_id: int) -> Row | None:
        """Deletes every API key and refresh token of a user and marks the account; the user, None when it is gone."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(MARK_USER_DELETING, user_id)
            await connection.execute(DELETE_KEYS_OF_USER, user_id)
            await connection.execute(DELETE_FAMILIES_OF_USER, user_id)
        return row

    async def delete_user(self, user_id: int) -> None:
        """Deletes a user whose deletion has begun, and the tenant when it was its last user."""
        async with self._pool.acquire() as connection, connection.transaction():
            tenant_id = await connection.fetchval(DELETE_USER, user_id)
            await connection.execute(DELETE_EMPTY_TENANT, tenant_id)

    async def user_of_key(self, digest: bytes) -> Row | None:
        """The owner of an active API key, and the key's id as `key_id`."""
        return await self._pool.fetchrow(USER_OF_KEY, digest)

    async def add_family(self, user_id: int, token: RefreshToken, life: timedelta) -> bool:
        """Adds a family of refresh tokens and deletes the user's expired ones; False when the user is gone."""
        now = datetime.now(UTC)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(DELETE_EXPIRED_FAMILIES, user_id, now)
            status = await connection.execute(INSERT_FAMILY, token.family, user_id, token.digest, now + life)
        return status != "INSERT 0 0"

    async def rotate(self, used: RefreshToken, next_token: RefreshToken, life: timedelta) -> int | None:
        """Replaces the current token of a family; the user's id, or None when `used` is not the current one."""
        now = datetime.now(UTC)
        user_id: int | None = await self._pool.fetchval(
            ROTATE_FAMILY, used.family, used.digest, next_token.digest, now, now + life
        )
        return user_id

    async def revoke_family(self, family: str) -> datetime | None:
        """Deletes a family; when it would have expired, or None when there was none."""
        expires_at: datetime | None = await self._pool.fetchval(DELETE_FAMILY, family)
        return expires_at

    async def add_key(
        self, key_id: str, user_id: int, name: str, digest: bytes, preview: str, is_active: bool
    ) -> Row | None:
        """Stores an API key; None for an account that is gone or being deleted."""
        return await self._pool.fetchrow(INSERT_KEY, key_id, user_id, name, digest, preview, is_active)

    async def keys(self, user_id: int, below: int, limit: int) -> list[Row]:
        """API keys of a user with `seq` below a bound, newest first."""
        return await self._pool.fetch(KEYS_PAGE, user_id, below, limit)

    async def change_key(self, key_id: str, user_id: int, name: str | None, is_active: bool | None) -> Row | None:
        """Changes the fields of a user's key that are not None; None when the user has no such key."""
        return await self._pool.fetchrow(UPDATE_KEY, key_id, user_id, name, is_active)

    async def delete_key(self, key_id: str, user_id: int) -> bool:
        """Deletes a user's key; False when the user has no such key."""
        return await self._pool.execute(DELETE_KEY, key_id, user_id) != "DELETE 0"

    async def record_key_uses(self, used_at: Mapping[str, datetime]) -> None:
        """Stores when keys were last used."""
        await self._pool.execute(RECORD_KEY_USES, list(used_at), list(used_at.values()))

    async def concurrent_sessions(self, tenant_id: str) -> int | None:
        """The most calls that a tenant may have at the same time; None for an unknown tenant."""
        limit: int | None = await self._pool.fetchval(CONCURRENT_SESSIONS, tenant_id)
        return limit

    async def set_concurrent_sessions(self, tenant_id: str, limit: int) -> bool:
        """Sets that limit; False for an unknown tenant."""
        return await self._pool.execute(SET_CONCURRENT_SESSIONS, tenant_id, limit) != "UPDATE 0"
