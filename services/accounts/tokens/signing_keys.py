"""The keys of access tokens: one signs, those before it verify until what they signed has expired.

They live in PostgreSQL, so that every process of accounts has the same. Private keys are encrypted with a key made from
the identity key of accounts; the private part of a key is forgotten when the next one signs.
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

# Life of an access token, and so how long a key verifies after the next one signs.
LIFE = timedelta(days=10)
# How often a process looks whether another one has rotated.
LOOK_SECONDS = 10.0
# A process that cannot look, for want of a database, signs with the key before no longer than this.
_STALE = timedelta(hours=1)
_LOCK = "select pg_advisory_xact_lock(hashtext('callbox-signing-keys'))"
_SEALED_FOR = b"callbox access token keys"

_log = get_logger(__name__)
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs, and its id."""

    id: str
    key: Ed25519PrivateKey


def key_id(public: Ed25519PublicKey) -> str:
    """What names a key in the tokens it signed."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


class SigningKeys:
    """The keys as this process knows them; use it as a context to have them looked after.

    keys_dir: folder of identity keys. max_age: when a new key takes over.
    Raises on entering: OSError when the identity key is missing, TypeError when it is no Ed25519 key.
    """

    def __init__(self, pool: Pool, keys_dir: Path, max_age: timedelta) -> None:
        self._pool = pool
        self._max_age = max_age
        self._identity_key = identity_key(keys_dir)
        self._fernet = fernet(self._identity_key, _SEALED_FOR)
        self._signing: SigningKey | None = None
        self._verifying: dict[str, Ed25519PublicKey] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.look()
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
        """The key with this id; one that another process has just made is fetched. None for an unknown one."""
        if wanted not in self._verifying:
            async with self._pool.acquire() as connection:
                await self._read(connection)
        return self._verifying.get(wanted)

    async def look(self) -> None:
        """Makes the first key or the next one when it is time, and learns what other processes did."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(_LOCK)
                await connection.execute("delete from signing_keys where verify_until < now()")
                if await self._is_due(connection):
                    await self._replace(connection)
            await self._read(connection)

    async def rotate(self, *, revoke: bool = False) -> str:
        """Has a new key sign from now on; its id.

        revoke: the keys before verify nothing any more, here at once and in other processes when they look.
        """
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(_LOCK)
                await self._replace(connection)
                if revoke:
                    await connection.execute("delete from signing_keys where verify_until is not null")
            await self._read(connection)
        return self.signing.id

    async def _is_due(self, connection: Connection) -> bool:
        row = await connection.fetchrow(
            "select private, created_at + $1 < now() as old from signing_keys where verify_until is null", self._max_age
        )
        if row is None:
            await self._keep_single_key(connection)
            return True
        if row["old"]:
            return True
        if self._opened(row["private"]) is None:
            _log.error("the key of access tokens was sealed with another identity key; a new one takes over")
            return True
        return False

    async def _keep_single_key(self, connection: Connection) -> None:
        """Before there was a set, the identity key signed access tokens: those that are out stay good."""
        public = self._identity_key.public_key()
        await connection.execute(
            """insert into signing_keys (id, public, verify_until) values ($1, $2, now() + $3)
            on conflict (id) do nothing""",
            key_id(public),
            public.public_bytes_raw(),
            LIFE,
        )

    async def _replace(self, connection: Connection) -> None:
        key = Ed25519PrivateKey.generate()
        public = key.public_key()
        await connection.execute(
            "update signing_keys set private = null, verify_until = now() + $1 where verify_until is null",
            LIFE + _STALE,
        )
        await connection.execute(
            "insert into signing_keys (id, public, private) values ($1, $2, $3)",
            key_id(public),
            public.public_bytes_raw(),
            self._fernet.encrypt(key.private_bytes_raw()),
        )
        _log.info("a new key signs access tokens", key=key_id(public))

    async def _read(self, connection: Connection) -> None:
        rows = await connection.fetch("select id, public, private, verify_until from signing_keys")
        self._verifying = {row["id"]: Ed25519PublicKey.from_public_bytes(row["public"]) for row in rows}
        for row in rows:
            if row["private"] is not None and (key := self._opened(row["private"])) is not None:
                self._signing = SigningKey(row["id"], key)

    def _opened(self, private: bytes) -> Ed25519PrivateKey | None:
        try:
            return Ed25519PrivateKey.from_private_bytes(self._fernet.decrypt(private))
        except InvalidToken:
            return None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception as fault:
                _log.warning("the keys of access tokens were not looked after; trying again", fault=repr(fault)[:200])
