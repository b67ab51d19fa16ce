"""Idempotency keys of starts: the same request again answers the session that it started.

A key is taken before anything else is, and bound to its session in the transaction that stores the session. One that
was taken and never bound, because its request was refused or its process died, is free again a moment later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from callbox.sessions.v1 import sessions_pb2 as pb
from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_fixed

from services.kit.errors import CallboxError, Code, validation
from services.sessions.background import Chores
from services.sessions.store import Connection, Store

MAX_KEY_CHARACTERS = 255
_LIFE = timedelta(hours=24)
# A start is admitted or refused within a second; a key that is not bound after this never will be.
_UNDER_WAY = timedelta(seconds=3)
# How long a second request waits for the first, within its own second.
_WAIT_SECONDS, _WAIT_STEP_SECONDS = 0.6, 0.03
_RETRY_SECONDS = 1
_MAX_PURGED = 10_000


@dataclass(frozen=True)
class StartKey:
    """A key as it was sent, and by whom. digest: of the request without it."""

    scope: str
    key: str
    digest: bytes


@dataclass(frozen=True)
class Replay:
    """What was answered before, without a token, and until when the first token lives."""

    answer: pb.StartSessionResponse
    token_expire_time: datetime


def key_of(asked: pb.StartSessionRequest, tenant_id: str, user_id: int) -> StartKey | None:
    """The key of a user's request; None when it has none.

    Raises: CallboxError `validation_failed`.
    """
    key = asked.idempotency_key
    if not key:
        return None
    if len(key) > MAX_KEY_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise validation({"Idempotency-Key": [f"Must have 1 to {MAX_KEY_CHARACTERS} printable ASCII characters."]})
    bare = pb.StartSessionRequest()
    bare.CopyFrom(asked)
    bare.ClearField("idempotency_key")
    digest = hashlib.sha256(bare.SerializeToString(deterministic=True)).digest()
    return StartKey(f"{tenant_id}/{user_id}", key, digest)


class StartKeys:
    """Takes, binds and frees keys.

    Every coroutine raises CallboxError `upstream_unavailable` when PostgreSQL is away.
    """

    def __init__(self, store: Store, chores: Chores) -> None:
        self._store = store
        self._chores = chores

    async def take(self, key: StartKey) -> Replay | None:
        """Takes a key; the answer it stands for when it had started a session before.

        Waits a moment for a request with the same key that is under way.
        Raises: CallboxError `conflict` when that takes longer, and for a key of another request.
        """
        trials = AsyncRetrying(
            retry=retry_if_result(lambda taken: taken is False),
            stop=stop_after_delay(_WAIT_SECONDS),
            wait=wait_fixed(_WAIT_STEP_SECONDS),
        )
        try:
            taken: Replay | bool = await trials(self._take, key)
        except RetryError:
            raise CallboxError(
                Code.CONFLICT,
                "A request with this Idempotency-Key is still under way; try again in a moment.",
                retry_after_seconds=_RETRY_SECONDS,
            ) from None
        return taken if isinstance(taken, Replay) else None

    async def _take(self, key: StartKey) -> Replay | bool:
        """True when the key is ours now, False while it is somebody else's."""
        async with self._store.connection() as connection:
            ours = await connection.fetchval(
                """
                insert into start_keys (scope, key, digest) values ($1, $2, $3)
                on conflict (scope, key) do update
                set digest = excluded.digest, session_row = null, answer = null, create_time = now()
                where start_keys.create_time < now() - case
                    when start_keys.session_row is null then $4::interval else $5::interval end
                returning true
                """,
                key.scope,
                key.key,
                key.digest,
                _UNDER_WAY,
                _LIFE,
            )
            if ours:
                return True
            row = await connection.fetchrow(
                """
                select k.digest, k.answer, s.token_expire_time
                from start_keys k left join sessions s on s.id = k.session_row where k.scope = $1 and k.key = $2
                """,
                key.scope,
                key.key,
            )
        if row is None:
            return False
        if row["digest"] != key.digest:
            raise CallboxError(
                Code.CONFLICT, "This Idempotency-Key was used for another request; take a new key for a new call."
            )
        if row["answer"] is None:
            return False
        return Replay(pb.StartSessionResponse.FromString(row["answer"]), row["token_expire_time"])

    @staticmethod
    async def bind(connection: Connection, key: StartKey, row_id: int, answer: pb.StartSessionResponse) -> None:
        """Says what a key has started, in the transaction that stores it. answer: without the token.

        Raises: CallboxError `conflict` when it took so long that the key went to another request.
        """
        bound = await connection.execute(
            """
            update start_keys set session_row = $4, answer = $5
            where scope = $1 and key = $2 and digest = $3 and session_row is null
            """,
            key.scope,
            key.key,
            key.digest,
            row_id,
            answer.SerializeToString(),
        )
        if not bound.endswith(" 1"):
            raise CallboxError(Code.CONFLICT, "Another request with this Idempotency-Key was faster; try again.")

    def free(self, key: StartKey) -> None:
        """Gives back a key that started nothing, as soon as that can be done; it is free a moment later in any case."""
        self._chores.start("free start key", self._free(key))

    async def _free(self, key: StartKey) -> None:
        async with self._store.connection() as connection:
            await connection.execute(
                "delete from start_keys where scope = $1 and key = $2 and digest = $3 and session_row is null",
                key.scope,
                key.key,
                key.digest,
            )

    async def purge(self) -> None:
        """Forgets keys whose time is over."""
        async with self._store.connection() as connection:
            await connection.execute(
                """
                delete from start_keys where ctid = any(array(
                    select ctid from start_keys where create_time < now() - $1::interval limit $2))
                """,
                _LIFE,
                _MAX_PURGED,
            )
