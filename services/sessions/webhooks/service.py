"""The RPC handlers of `WebhooksService`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import grpc
from callbox.sessions.v1 import webhooks_pb2 as pb
from callbox.sessions.v1 import webhooks_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.kit.errors import not_found, validation
from services.kit.net.url_policy import Allowances, url_faults
from services.kit.rpc.context import current_user
from services.kit.times import duration, timestamp, timestamp_or_none
from services.kit.vault import Vault
from services.sessions.webhooks import signing
from services.sessions.webhooks.deliveries import Deliveries
from services.sessions.webhooks.endpoints import Endpoints
from services.sessions.webhooks.event_types import EVENT_TYPES

Context = grpc.aio.ServicerContext[Any, Any]

_WHAT = "The webhook"
_DELIVERY = "The delivery"
_FIELDS = ("url", "events", "is_active")
_DEFAULT_PAGE, _MAX_PAGE, _MAX_SKIP = 50, 200, 10_000_000
_STATUS = {
    "pending": pb.WEBHOOK_DELIVERY_STATUS_PENDING,
    "delivered": pb.WEBHOOK_DELIVERY_STATUS_DELIVERED,
    "failed": pb.WEBHOOK_DELIVERY_STATUS_FAILED,
}


class WebhooksService(webhooks_pb2_grpc.WebhooksServiceServicer):
    """The endpoints of the user's tenant, and their log."""

    def __init__(self, endpoints: Endpoints, deliveries: Deliveries, vault: Vault, allowed: Allowances) -> None:
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._vault = vault
        self._allowed = allowed

    async def CreateWebhook(self, request: pb.CreateWebhookRequest, context: Context) -> pb.Webhook:  # noqa: N802
        """Creates an endpoint."""
        user = current_user()
        self._check(request.url, request.events)
        secret = signing.new_secret()
        row = await self._endpoints.add(
            user.tenant_id, request.url, _unique(request.events), request.is_active, self._vault.encrypt(secret)
        )
        return _webhook(row, secret)

    async def ListWebhooks(self, request: pb.ListWebhooksRequest, context: Context) -> pb.ListWebhooksResponse:  # noqa: N802
        """Lists endpoints."""
        rows = await self._endpoints.all(current_user().tenant_id)
        return pb.ListWebhooksResponse(webhooks=[_webhook(row) for row in rows])

    async def GetWebhook(self, request: pb.GetWebhookRequest, context: Context) -> pb.Webhook:  # noqa: N802
        """Reads an endpoint."""
        return _webhook(_found(await self._endpoints.find(current_user().tenant_id, _checked_id(request.id))))

    async def UpdateWebhook(self, request: pb.UpdateWebhookRequest, context: Context) -> pb.Webhook:  # noqa: N802
        """Changes an endpoint."""
        user, wanted, paths = current_user(), request.webhook, set(request.update_mask.paths)
        if not paths or not paths <= set(_FIELDS):
            raise validation({"update_mask": [f"must name some of {', '.join(_FIELDS)}"]})
        endpoint_id = _checked_id(wanted.id)
        self._check(wanted.url if "url" in paths else None, wanted.events if "events" in paths else ())
        row = await self._endpoints.change(
            user.tenant_id,
            endpoint_id,
            wanted.url if "url" in paths else None,
            _unique(wanted.events) if "events" in paths else None,
            wanted.is_active if "is_active" in paths else None,
        )
        return _webhook(_found(row))

    async def DeleteWebhook(self, request: pb.DeleteWebhookRequest, context: Context) -> Empty:  # noqa: N802
        """Deletes an endpoint."""
        if not await self._endpoints.delete(current_user().tenant_id, _checked_id(request.id)):
            raise not_found(_WHAT)
        return Empty()

    async def RotateWebhookSecret(self, request: pb.RotateWebhookSecretRequest, context: Context) -> pb.Webhook:  # noqa: N802
        """Replaces the secret of an endpoint."""
        secret = signing.new_secret()
        encrypted = self._vault.encrypt(secret)
        row = await self._endpoints.rotate(current_user().tenant_id, _checked_id(request.id), encrypted)
        return _webhook(_found(row), secret)

    async def ListWebhookDeliveries(  # noqa: N802
        self, request: pb.ListWebhookDeliveriesRequest, context: Context
    ) -> pb.ListWebhookDeliveriesResponse:
        """Lists deliveries."""
        user = current_user()
        if not 0 <= request.page_size <= _MAX_PAGE:
            raise validation({"page_size": [f"must be from 1 to {_MAX_PAGE}"]})
        if not 0 <= request.skip <= _MAX_SKIP:
            raise validation({"skip": [f"must be from 0 to {_MAX_SKIP}"]})
        endpoint_id = _checked_id(request.webhook_id)
        _found(await self._endpoints.find(user.tenant_id, endpoint_id))
        size = request.page_size or _DEFAULT_PAGE
        rows, total = await self._deliveries.page(user.tenant_id, endpoint_id, size, request.skip)
        return pb.ListWebhookDeliveriesResponse(deliveries=[_delivery(row) for row in rows], total_size=total)

    async def RedeliverWebhook(self, request: pb.RedeliverWebhookRequest, context: Context) -> pb.WebhookDelivery:  # noqa: N802
        """Makes a delivery due again."""
        row = await self._deliveries.send_again(current_user().tenant_id, _checked_id(request.id, _DELIVERY))
        return _delivery(_found(row, _DELIVERY))

    def _check(self, url: str | None, events: Sequence[str]) -> None:
        faults: dict[str, list[str]] = {}
        if url is not None and (found := url_faults(url, self._allowed)):
            faults["url"] = found
        for number, event in enumerate(events):
            if event not in EVENT_TYPES:
                faults[f"events.{number}"] = [f"must be one of {', '.join(EVENT_TYPES)}"]
        if faults:
            raise validation(faults)


def _checked_id(identity: str, what: str = _WHAT) -> str:
    """The id, if it is printable ASCII. Raises: CallboxError `not_found` otherwise."""
    if not identity or not identity.isascii() or not identity.isprintable():
        raise not_found(what)
    return identity


def _found(row: asyncpg.Record | None, what: str = _WHAT) -> asyncpg.Record:
    if row is None:
        raise not_found(what)
    return row


def _unique(events: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(events))


def _webhook(row: asyncpg.Record, secret: str = "") -> pb.Webhook:
    return pb.Webhook(
        id=row["id"],
        url=row["url"],
        events=row["events"],
        is_active=row["is_active"],
        disabled_reason=row["disabled_reason"],
        secret=secret,
        create_time=timestamp(row["created_at"]),
        update_time=timestamp(row["updated_at"]),
    )


def _delivery(row: asyncpg.Record) -> pb.WebhookDelivery:
    return pb.WebhookDelivery(
        id=row["id"],
        webhook_id=row["endpoint_id"],
        message_id=row["message_id"],
        type=row["type"],
        status=_STATUS[row["status"]],
        attempt_count=row["attempts"],
        http_status=row["http_status"] or 0,
        error=row["error"],
        response_excerpt=row["response_excerpt"],
        duration=None if row["duration_ms"] is None else duration(row["duration_ms"] / 1000),
        create_time=timestamp(row["created_at"]),
        attempt_time=timestamp_or_none(row["last_attempt_at"]),
        next_attempt_time=timestamp_or_none(row["next_attempt_at"]),
    )
