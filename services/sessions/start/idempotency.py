"""Idempotency keys of session starts: a repeated request gets the session that the first one started.

A request takes its key before anything else, and binds the key to the session once session and room exist. No
connection is held meanwhile. A key that was taken and not bound, because the request was refused or its process died,
is free again after `_UNDER_WAY`. A session whose process died before it was bound is never joined and loses its slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from callbox.sessions.v1 import sessions_pb2 as pb
from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_fixed

from services.kit.errors import CallboxError, Code
from services.sessions import idempotency_key
from services.sessions.adapters.database import Database
from services.sessions.background_tasks import BackgroundTasks

# A start is admitted or refused within a second, so a key that is not bound after this never will be.
_UNDER_WAY = timedelta(seconds=3)
# How long a second request waits for the first one.
_WAIT_SECONDS, _WAIT_STEP_SECONDS = 0.6, 0.03
_RETRY_SECONDS = 1
_MAX_DELETED = 10_000

TAKE_KEY = """
    insert into start_keys (scope, key, digest) values ($1, $2, $3)
    on conflict (scope, key) do update
    set digest = excluded.digest, session_row = null, answer = null, create_time = now()
    where start_keys.create_time < now() - case
        when start_keys.session_row is null then $4::interval else $5::interval end
    returning true
"""
ANSWER_OF_KEY = """
    select k.digest, k.answer, s.token_expire_time
    from start_keys k left join sessions s on s.id = k.session_row where k.scope = $1 and k.key = $2
"""
BIND_KEY = """
    update start_keys set session_row = $4, answer = $5
    where scope = $1 and key = $2 and digest = $3 and session_row is null
"""
FREE_KEY = "delete from start_keys where scope = $1 and key = $2 and digest = $3 and session_row is null"
DELETE_EXPIRED_KEYS = """
    delete from start_keys where ctid = any(array(
        select ctid from start_keys where create_time < now() - $1::interval limit $2))
"""


@dataclass(frozen=True)
class IdempotencyKey:
    """The key of a request. scope: the user who sent it. digest: of the request without the key."""

    scope: str
    key: str
    digest: bytes


@dataclass(frozen=True)
class Replay:
    """The earlier answer, without its token, and when that token expires."""

    answer: pb.StartSessionResponse
    token_expire_time: datetime


def key_of(asked: pb.StartSessionRequest, tenant_id: str, user_id: int) -> IdempotencyKey | None:
    """The key of a user's request; None when it has none.

    Raises: CallboxError `validation_failed`.
    """
    key = idempotency_key.checked(asked.idempotency_key)
    if key is None:
        return None
    digest = idempotency_key.digest(asked, "idempotency_key", "client_address")
    return IdempotencyKey(f"{tenant_id}/{user_id}", key, digest)


class IdempotencyKeys:
    """Takes, binds and frees keys.

    Every coroutine raises CallboxError `upstream_unavailable` when PostgreSQL does not answer.
    """

    def __init__(self, database: Database, background: BackgroundTasks) -> None:
        self._database = database
        self._background = background

    async def take(self, key: IdempotencyKey) -> Replay | None:
        """Takes a key; the earlier answer if a session was started with it.

        Waits a moment for a request with the same key that is under way.
        Raises: CallboxError `conflict` when that takes longer, and for a key of a different request.
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

    async def _take(self, key: IdempotencyKey) -> Replay | bool:
        """True when this request has taken the key, False while another request holds it."""
        async with self._database.connection() as connection:
            if await connection.fetchval(TAKE_KEY, key.scope, key.key, key.digest, _UNDER_WAY, idempotency_key.LIFE):
                return True
            row = await connection.fetchrow(ANSWER_OF_KEY, key.scope, key.key)
        if row is None:
            return False
        if row["answer"] is None:
            # Also of a different request: if that is refused, the key is free a moment later.
            return False
        if row["digest"] != key.digest:
            raise idempotency_key.other_request("call")
        return Replay(pb.StartSessionResponse.FromString(row["answer"]), row["token_expire_time"])

    async def bind(self, key: IdempotencyKey, row_id: int, answer: pb.StartSessionResponse) -> None:
        """Binds a key to the session it started. answer: without the token.

        Raises: CallboxError `conflict` when the start took so long that another request has taken the key.
        """
        arguments = (key.scope, key.key, key.digest, row_id, answer.SerializeToString())
        async with self._database.connection() as connection:
            bound = await connection.execute(BIND_KEY, *arguments)
        if not bound.endswith(" 1"):
            raise idempotency_key.lost_race()

    def free(self, key: IdempotencyKey) -> None:
        """Frees a key whose start failed, in the background. Without that it is free after `_UNDER_WAY`."""
        self._background.start("free idempotency key", self._free(key))

    async def _free(self, key: IdempotencyKey) -> None:
        async with self._database.connection() as connection:
            await connection.execute(FREE_KEY, key.scope, key.key, key.digest)

    async def delete_expired(self) -> None:
        """Deletes keys that have expired, at most `_MAX_DELETED` of them."""
        async with self._database.connection() as connection:
            await connection.execute(DELETE_EXPIRED_KEYS, idempotency_key.LIFE, _MAX_DELETED)
