"""Admission: a tenant's lease and a worker's slot, taken together or not at all.

The state is in Redis and may be lost. A lease expires unless the worker's reports renew it. When Redis comes back
empty, the leases are rebuilt from the sessions that hold a slot in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.kit.errors import CallboxError, Code
from services.sessions.admission.redis_scripts import RedisScripts
from services.sessions.settings import SessionsSettings

# Seconds after which a refused caller may find a slot: calls end at any moment, so soon.
_AT_CAPACITY_RETRY_SECONDS = 5
_LIMIT_RETRY_SECONDS = 10
_REBUILD_SECONDS = 2.0


@dataclass(frozen=True)
class Grant:
    """The slot that a session got. address: of its worker, host:port; empty if it is not known."""

    worker_id: str
    address: str


class Refusal(StrEnum):
    """Why a session got no slot."""

    LIMIT = "limit"
    FULL = "full"

    def error(self) -> CallboxError:
        """What the caller is told."""
        if self is Refusal.LIMIT:
            return CallboxError(
                Code.CONCURRENCY_LIMIT_REACHED,
                "This account has as many calls under way as it may; end one or try again later.",
                retry_after_seconds=_LIMIT_RETRY_SECONDS,
            )
        return CallboxError(
            Code.AT_CAPACITY,
            "Every agent is on a call right now; try again in a moment.",
            retry_after_seconds=_AT_CAPACITY_RETRY_SECONDS,
        )


@dataclass(frozen=True)
class HeldSlot:
    """A slot that a session holds, as PostgreSQL has it."""

    session_id: str
    worker_id: str
    tenant_id: str


class Admission:
    """Takes, moves, holds and releases slots.

    held_slots: reads every slot that is held in PostgreSQL, to rebuild the leases.
    Every method raises CallboxError `upstream_unavailable` when Redis does not answer.
    """

    def __init__(
        self,
        scripts: RedisScripts,
        settings: SessionsSettings,
        held_slots: Callable[[], Awaitable[Sequence[HeldSlot]]],
    ) -> None:
        self._scripts = scripts
        self._held_slots = held_slots
        self._unclaimed_ms = int(settings.unclaimed_lease_seconds * 1000)
        self._lease_ms = int(settings.lease_seconds * 1000)
        self._grace_ms = int(settings.grace_seconds * 1000)

    async def admit(self, session_id: str, tenant_id: str, limit: int) -> Grant | Refusal:
        """Takes a slot of the worker with the most free ones, if the tenant has fewer than `limit` leases.

        A session that holds a slot gets the same slot again.
        """
        return self._read(await self._run("admit", session_id, tenant_id, limit, self._unclaimed_ms))

    async def move(self, session_id: str, tenant_id: str, avoid: str) -> Grant | Refusal:
        """Exchanges the slot of worker `avoid` for a slot of another worker. Without another, nothing changes."""
        return self._read(await self._run("move", session_id, tenant_id, self._unclaimed_ms, avoid))

    async def hold(self, slot: HeldSlot) -> None:
        """Makes the lease of one session agree with PostgreSQL."""
        await self._scripts.run("hold", slot.session_id, slot.worker_id, slot.tenant_id, self._lease_ms)

    async def release(self, session_id: str) -> None:
        """Releases lease and slot of a session, if it holds any."""
        await self._scripts.run("release", session_id)

    async def report(
        self,
        worker: tuple[str, str, int, bool],
        worker_seconds: float,
        owned: Sequence[tuple[str, str]],
        carried: Sequence[str],
    ) -> None:
        """Registers a worker and renews its leases.

        worker: (worker id, address, slots, draining). worker_seconds: how long it counts as present.
        owned: (session, tenant) of the sessions that PostgreSQL says it carries; an expired lease is taken again.
        carried: every session that the worker says it carries; a lease that has not expired is renewed.
        """
        worker_id, address, slots, draining = worker
        pairs = [part for pair in owned for part in pair]
        head = (worker_id, address, slots, int(draining), int(worker_seconds * 1000), self._lease_ms, len(owned))
        await self._run("report", *head, *pairs, *carried)

    async def without_lease(self, session_ids: Sequence[str]) -> tuple[float, list[str]]:
        """(seconds since the leases were built, those of the sessions that have no lease)."""
        await self.ensure_built()
        age_ms, *gone = await self._scripts.run("without_lease", *session_ids)
        return int(age_ms) / 1000, [str(session_id) for session_id in gone]

    async def capacity(self) -> tuple[int, int, int]:
        """(workers, slots, slots in use)."""
        workers, slots, busy = await self._scripts.run("capacity")
        return int(workers), int(slots), int(busy)

    async def restore(self) -> None:
        """Takes every lease that PostgreSQL says is held. They may have expired while this service was stopped."""
        for slot in await self._held_slots():
            await self.hold(slot)

    async def ensure_built(self) -> None:
        """Rebuilds the leases when Redis is empty. Of several processes that try at once, one does."""
        age_ms, *_ = await self._scripts.run("without_lease")
        if int(age_ms) < 0:
            await self._rebuild()

    async def _rebuild(self) -> None:
        slots = await self._held_slots()
        words = [word for slot in slots for word in (slot.session_id, slot.worker_id, slot.tenant_id)]
        await self._scripts.run("rebuild", self._grace_ms, *words, seconds=_REBUILD_SECONDS)

    async def _run(self, name: str, *arguments: str | int) -> list[str | int]:
        answer = await self._scripts.run(name, *arguments)
        if answer[0] == "empty":
            await self._rebuild()
            answer = await self._scripts.run(name, *arguments)
        return answer

    @staticmethod
    def _read(answer: list[str | int]) -> Grant | Refusal:
        if answer[0] == "admitted":
            return Grant(str(answer[1]), str(answer[2]))
        if answer[0] == "limit":
            return Refusal.LIMIT
        return Refusal.FULL
