"""The keys of access tokens: the newest signs, older ones verify until the tokens that they signed have expired.

They are stored in PostgreSQL, so that all processes use the same. A private key is encrypted with a key that is
derived from the identity key of accounts, and deleted when the next one takes over.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import asyncpg
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.accounts.tokens.encryption import fernet, identity_key
from services.kit.database import Pool
from services.kit.errors import internal
from services.kit.logs import get_logger
from services.kit.tasks import end

# Life of an access token, and so how long a key verifies after the next one has taken over.
LIFE = timedelta(days=10)
# How often a process checks whether another one has rotated the key.
REFRESH_SECONDS = 10.0
# A process that cannot reach the database signs with the old key for at most this long.
_STALE = timedelta(hours=1)
LOCK_KEYS = "select pg_advisory_xact_lock(hashtext('callbox-signing-keys'))"
_ENCRYPTION_PURPOSE = b"callbox access token keys"

DELETE_EXPIRED_KEYS = "delete from signing_keys where verify_until < now()"
DELETE_OLD_KEYS = "delete from signing_keys where verify_until is not null"
SIGNING_KEY = "select private, created_at + $1 < now() as old from signing_keys where verify_until is null"
INSERT_VERIFYING_KEY = """
    insert into signing_keys (id, public, verify_until) values ($1, $2, now() + $3) on conflict (id) do nothing
"""
RETIRE_KEY = "update signing_keys set private = null, verify_until = now() + $1 where verify_until is null"
INSERT_SIGNING_KEY = "insert into signing_keys (id, public, private) values ($1, $2, $3)"
KEYS = "select id, public, private, verify_until from signing_keys"

_log = get_logger(__name__)
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs, and its id."""

    id: str
    key: Ed25519PrivateKey


def key_id(public: Ed25519PublicKey) -> str:
    """The id of a key, which stands in the tokens that it signed."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


class SigningKeys:
    """The keys as this process knows them. Used as a context, it also refreshes and rotates them in the background.

    keys_dir: folder of identity keys. max_age: of a key, before a new one takes over.
    Raises: OSError when the identity key is missing, TypeError when it is not an Ed25519 key.
    """

    def __init__(self, pool: Pool, keys_dir: Path, max_age: timedelta) -> None:
        self._pool = pool
        self._max_age = max_age
        self._identity_key = identity_key(keys_dir)
        self._fernet = fernet(self._identity_key, _ENCRYPTION_PURPOSE)
        self._signing: SigningKey | None = None
        self._verifying: dict[str, Ed25519PublicKey] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.refresh()
        self._task = asyncio.create_task(self._run(), name="signing-keys")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            await end(self._task)

    @property
    def signing(self) -> SigningKey:
        """The key that signs."""
        if self._signing is None:
            raise internal()
        return self._signing

    async def verifying(self, wanted: str) -> Ed25519PublicKey | None:
        """The key with this id, also one that another process has just made; None for an unknown one."""
        if wanted not in self._verifying:
            async with self._pool.acquire() as connection:
                await self._read(connection)
        return self._verifying.get(wanted)

    async def refresh(self) -> None:
        """Makes the first key, or the next one when it is due, and reads the keys that other processes made."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(LOCK_KEYS)
                await connection.execute(DELETE_EXPIRED_KEYS)
                if await self._is_due(connection):
                    await self._replace(connection)
            await self._read(connection)

    async def rotate(self, *, revoke: bool = False) -> str:
        """Makes a new key that signs from now on; its id.

        revoke: deletes the older keys. This process refuses their tokens at once, others after their next refresh.
        """
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(LOCK_KEYS)
                await self._replace(connection)
                if revoke:
                    await connection.execute(DELETE_OLD_KEYS)
            await self._read(connection)
        return self.signing.id

    async def _is_due(self, connection: Connection) -> bool:
        row = await connection.fetchrow(SIGNING_KEY, self._max_age)
        if row is None:
            await self._keep_identity_key(connection)
            return True
        if row["old"]:
            return True
        if self._decrypted(row["private"]) is None:
            _log.error("the signing key was encrypted with another identity key; a new one takes over")
            return True
        return False

    async def _keep_identity_key(self, connection: Connection) -> None:
        """Earlier versions signed access tokens with the identity key. It goes on verifying those tokens."""
        public = self._identity_key.public_key()
        await connection.execute(
            INSERT_VERIFYING_KEY,
            key_id(public),
            public.public_bytes_raw(),
            LIFE,
        )

    async def _replace(self, connection: Connection) -> None:
        key = Ed25519PrivateKey.generate()
        public = key.public_key()
        await connection.execute(
            RETIRE_KEY,
            LIFE + _STALE,
        )
        await connection.execute(
            INSERT_SIGNING_KEY,
            key_id(public),
            public.public_bytes_raw(),
            self._fernet.encrypt(key.private_bytes_raw()),
        )
        _log.info("a new key signs access tokens", key=key_id(public))

    async def _read(self, connection: Connection) -> None:
        rows = await connection.fetch(KEYS)
        self._verifying = {row["id"]: Ed25519PublicKey.from_public_bytes(row["public"]) for row in rows}
        for row in rows:
            if row["private"] is not None and (key := self._decrypted(row["private"])) is not None:
                self._signing = SigningKey(row["id"], key)

    def _decrypted(self, private: bytes) -> Ed25519PrivateKey | None:
        try:
            return Ed25519PrivateKey.from_private_bytes(self._fernet.decrypt(private))
        except InvalidToken:
            return None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
            except Exception as fault:
                _log.warning("the signing keys were not refreshed; trying again", fault=repr(fault)[:200])
