"""Sends due deliveries, many at once, so that a slow receiver does not delay the others.

Several processes can send at the same time. A message is delivered at least once: if a process dies during an attempt,
the lease expires and the attempt is repeated.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.kit.net.outbound import Failed, Outbound, OutboundError, Refused, Stream, TooLarge
from services.kit.tasks import end
from services.kit.vault import Vault
from services.sessions.metrics import webhook_attempts
from services.sessions.webhooks import signing
from services.sessions.webhooks.deliveries import Deliveries, Due, Leased, Outcome
from services.sessions.webhooks.retries import next_attempt

ATTEMPT_SECONDS = 10.0
# Attempts at the same time: in all, for one tenant and for one endpoint.
MAX_AT_ONCE = 256
_MAX_TENANT = 8
_MAX_ENDPOINT = 4
# After an attempt has ended, further ones are waited for this long, so that one query finds work for all.
_GATHER_SECONDS = 0.02
# Of an answer: the part that the log shows, and the most that is read before the connection is closed.
_EXCERPT_BYTES = 1_024
_MAX_ANSWER_BYTES = 1_048_576
_PRUNE_SECONDS = 60.0
_GONE = 410
_REDIRECT = "The receiver redirects, which is not followed; change the URL of the webhook."
_GONE_SENTENCE = "The receiver answered 410 Gone, so nothing more is sent to it."
_LOST_SECRET = "Its secret cannot be read any more; rotate it."  # noqa: S105 - a sentence
_OWN_FAULT = "Callbox could not send it; it will be tried again."
_log = get_logger(__name__)


@dataclass(frozen=True)
class _Answer:
    """The result of one request. status: None when there was no answer. result: the label of the metric."""

    status: int | None = None
    result: str = "internal"
    fault: str = ""
    asked_pause: timedelta | None = None
    excerpt: str = ""


class WebhookSender:
    """Sends until it is cancelled."""

    def __init__(
        self,
        deliveries: Deliveries,
        vault: Vault,
        outbound: Outbound,
        *,
        poll_seconds: float,
        first_pause_seconds: float,
        keep_days: float,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """poll_seconds: how often due deliveries are looked for. first_pause_seconds: between first and second attempt.

        keep_days: how long messages are kept in the log. chance: random numbers from 0 to 1.
        """
        self._deliveries = deliveries
        self._vault = vault
        self._outbound = outbound
        self._poll_seconds = poll_seconds
        self._first_pause = timedelta(seconds=first_pause_seconds)
        self._keep = timedelta(days=keep_days)
        self._chance = chance
        self._attempts: dict[asyncio.Task[None], Due] = {}
        self._has_room = asyncio.Event()
        self._prune_at = 0.0

    async def run(self) -> None:
        """Sends what is due. When cancelled, the leases of unfinished attempts expire and the attempts are repeated."""
        try:
            while True:
                self._has_room.clear()
                await self._start_due()
                try:
                    async with asyncio.timeout(self._poll_seconds):
                        await self._has_room.wait()
                        await asyncio.sleep(_GATHER_SECONDS)
                except TimeoutError:
                    pass
        finally:
            await end(*self._attempts)

    async def _start_due(self) -> None:
        """Starts attempts for due deliveries, within the limits."""
        try:
            if time.monotonic() >= self._prune_at:
                self._prune_at = time.monotonic() + _PRUNE_SECONDS
                await self._deliveries.prune(self._keep)
            if len(self._attempts) >= MAX_AT_ONCE:
                return
            by_endpoint = Counter(due.endpoint_id for due in self._attempts.values())
            by_tenant = Counter(due.tenant_id for due in self._attempts.values())
            busy_endpoints = [name for name, count in by_endpoint.items() if count >= _MAX_ENDPOINT]
            busy_tenants = [name for name, count in by_tenant.items() if count >= _MAX_TENANT]
            chosen: dict[int, Due] = {}
            for due in await self._deliveries.due(busy_endpoints, busy_tenants, _MAX_ENDPOINT):
                if len(self._attempts) + len(chosen) >= MAX_AT_ONCE:
                    break
                if by_endpoint[due.endpoint_id] < _MAX_ENDPOINT and by_tenant[due.tenant_id] < _MAX_TENANT:
                    by_endpoint[due.endpoint_id] += 1
                    by_tenant[due.tenant_id] += 1
                    chosen[due.seq] = due
            leased = await self._deliveries.lease(list(chosen)) if chosen else []
        except CallboxError as fault:
            _log.warning("due webhooks cannot be read; trying again", fault=str(fault))
            return
        except Exception:
            _log.exception("reading due webhooks failed")
            return
        for one in leased:
            task = asyncio.create_task(self._deliver(one), name="webhook")
            self._attempts[task] = chosen[one.seq]
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._attempts[task]
        self._has_room.set()

    async def _deliver(self, leased: Leased) -> None:
        try:
            await self._deliveries.settle(leased, await self._attempt(leased))
        except CallboxError as fault:
            # The lease expires, and the attempt is repeated.
            _log.warning("the result of a webhook was not stored", message_id=leased.message_id, fault=str(fault))
        except Exception:
            _log.exception("the result of a webhook was not stored", message_id=leased.message_id)

    async def _attempt(self, leased: Leased) -> Outcome:
        began = time.monotonic()
        try:
            answer = await self._send(leased)
        except CallboxError:
            answer = _Answer(fault=_LOST_SECRET)
        except Exception:
            _log.exception("a webhook was not sent", message_id=leased.message_id)
            answer = _Answer(fault=_OWN_FAULT)
        duration_ms = (time.monotonic() - began) * 1000
        webhook_attempts.labels(answer.result).inc()
        if answer.result == "delivered":
            return Outcome("delivered", None, answer.status, "", answer.excerpt, duration_ms)
        if answer.status == _GONE:
            return Outcome("failed", None, _GONE, _GONE_SENTENCE, answer.excerpt, duration_ms, gone=True)
        next_attempt_at = next_attempt(
            leased.tries,
            datetime.now(UTC),
            leased.give_up_at,
            first_pause=self._first_pause,
            chance=self._chance(),
            asked_pause=answer.asked_pause,
        )
        _log.info("webhook failed", message_id=leased.message_id, attempts=leased.attempts, result=answer.result)
        status = "failed" if next_attempt_at is None else "pending"
        return Outcome(status, next_attempt_at, answer.status, answer.fault, answer.excerpt, duration_ms)

    async def _send(self, leased: Leased) -> _Answer:
        """One request. Raises: CallboxError when a secret cannot be decrypted."""
        secrets = [leased.secret] if leased.previous_secret is None else [leased.secret, leased.previous_secret]
        keys = [self._vault.decrypt(secret) for secret in secrets]
        signed = signing.headers(leased.message_id, leased.body, datetime.now(UTC), keys)
        answer = _Answer()
        try:
            async with self._outbound.stream(
                "POST",
                leased.url,
                headers={"content-type": "application/json", **signed},
                content=leased.body.encode(),
                deadline_seconds=ATTEMPT_SECONDS,
                max_bytes=_MAX_ANSWER_BYTES,
                follow_redirects=0,
            ) as stream:
                answer = _answered(stream.status, stream.headers.get("retry-after", ""))
                answer = replace(answer, excerpt=await _excerpt(stream))
        except OutboundError as fault:
            # Once there is a status, the attempt has its answer, even if reading the body failed.
            if answer.status is None:
                return _Answer(result=fault.code, fault=str(fault))
        return answer


def _answered(status: int, retry_after: str) -> _Answer:
    if 200 <= status < 300:
        return _Answer(status, "delivered")
    fault = _REDIRECT if 300 <= status < 400 else f"The receiver answered {status}; only 2xx is a success."
    # `Retry-After` may also be a date; that form is ignored.
    asked = timedelta(seconds=int(retry_after[:6])) if retry_after.isascii() and retry_after.isdecimal() else None
    return _Answer(status, "not_accepted", fault, asked)


async def _excerpt(stream: Stream) -> str:
    """The first bytes of an answer as text that PostgreSQL can store."""
    read = b""
    try:
        async for piece in stream.pieces:
            read += piece
            if len(read) >= _EXCERPT_BYTES:
                break
    except (TooLarge, Failed, Refused):
        pass  # the log shows what was read until then
    return read[:_EXCERPT_BYTES].decode(errors="replace").replace("\0", "\ufffd")
