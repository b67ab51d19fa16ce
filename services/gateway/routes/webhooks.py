"""/api/webhooks/: webhooks and the log of their deliveries (contract 14.12)."""

from typing import Annotated, cast

from callbox.sessions.v1 import webhooks_pb2 as pb
from fastapi import APIRouter, Query, Response
from google.protobuf.field_mask_pb2 import FieldMask

from services.gateway.answers.envelope import BODY, forbid_caching, refusals, uncacheable
from services.gateway.gateway import CallerOf, GatewayOf, documented
from services.gateway.models.webhook import (
    DeliveryPage,
    DeliveryStatus,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookDelivery,
    WebhookEvent,
    WebhookWithSecret,
)
from services.gateway.paging import DEFAULT_PAGE_SIZE, MAX_PAGE, MAX_PAGE_SIZE
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.path_names import PathName, require_name
from services.kit.rpc.client import call
from services.kit.times import moment, moment_or_none

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"], route_class=StrictBodyRoute, dependencies=documented)
_WHAT = "The webhook"
_DELIVERY = "The delivery"
_STATUS = "WEBHOOK_DELIVERY_STATUS_"


@router.get("/", responses=refusals(401), summary="List your webhooks")
async def list_webhooks(caller: CallerOf, gateway: GatewayOf) -> list[Webhook]:
    """Lists the webhooks of your tenant, newest first, without their secrets."""
    answer = await call(gateway.backends.webhooks.ListWebhooks, pb.ListWebhooksRequest(), identity=caller.token)
    return [_webhook(webhook) for webhook in answer.webhooks]


@router.post(
    "/", status_code=201, responses={**uncacheable(201), **refusals(*BODY, 401, 409)}, summary="Create a webhook"
)
async def create_webhook(
    body: NewWebhook, caller: CallerOf, gateway: GatewayOf, response: Response
) -> WebhookWithSecret:
    """Creates a webhook. `secret` is shown only in this answer. A tenant may have 20 webhooks."""
    request = pb.CreateWebhookRequest(url=body.url, events=body.events, is_active=body.is_active)
    made = await call(gateway.backends.webhooks.CreateWebhook, request, identity=caller.token)
    forbid_caching(response)
    return _with_secret(made)


@router.get("/{webhook_id}/", responses=refusals(401, 404), summary="Read a webhook")
async def get_webhook(webhook_id: PathName, caller: CallerOf, gateway: GatewayOf) -> Webhook:
    """Answers a webhook without its secret."""
    request = pb.GetWebhookRequest(id=require_name(webhook_id, _WHAT))
    return _webhook(await call(gateway.backends.webhooks.GetWebhook, request, identity=caller.token))


@router.patch("/{webhook_id}/", responses=refusals(*BODY, 401, 404), summary="Change a webhook")
async def change_webhook(webhook_id: PathName, body: WebhookChange, caller: CallerOf, gateway: GatewayOf) -> Webhook:
    """Changes the fields that you send. Deliveries wait while a webhook is inactive, until they are too old."""
    sent = sorted(body.model_fields_set)
    if not sent:
        return await get_webhook(webhook_id, caller, gateway)
    request = pb.UpdateWebhookRequest(
        webhook=pb.Webhook(
            id=require_name(webhook_id, _WHAT), url=body.url, events=body.events, is_active=body.is_active
        ),
        update_mask=FieldMask(paths=sent),
    )
    return _webhook(await call(gateway.backends.webhooks.UpdateWebhook, request, identity=caller.token))


@router.delete("/{webhook_id}/", status_code=204, responses=refusals(401, 404), summary="Delete a webhook")
async def delete_webhook(webhook_id: PathName, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Deletes a webhook with its log. Deliveries that still wait are not sent."""
    request = pb.DeleteWebhookRequest(id=require_name(webhook_id, _WHAT))
    await call(gateway.backends.webhooks.DeleteWebhook, request, identity=caller.token)
    return Response(status_code=204)


@router.post(
    "/{webhook_id}/rotate-secret/",
    responses={**uncacheable(), **refusals(401, 404)},
    summary="Rotate a webhook's secret",
)
async def rotate_secret(
    webhook_id: PathName, caller: CallerOf, gateway: GatewayOf, response: Response
) -> WebhookWithSecret:
    """Creates a new secret, shown only in this answer. For 24 hours messages are also signed with the old one."""
    request = pb.RotateWebhookSecretRequest(id=require_name(webhook_id, _WHAT))
    changed = await call(gateway.backends.webhooks.RotateWebhookSecret, request, identity=caller.token)
    forbid_caching(response)
    return _with_secret(changed)


@router.get("/{webhook_id}/deliveries/", responses=refusals(401, 404, 422), summary="List deliveries to a webhook")
async def list_deliveries(
    webhook_id: PathName,
    caller: CallerOf,
    gateway: GatewayOf,
    page: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = DEFAULT_PAGE_SIZE,
) -> DeliveryPage:
    """Lists the deliveries of the last 30 days, newest first. The operator may set another number of days."""
    request = pb.ListWebhookDeliveriesRequest(
        webhook_id=require_name(webhook_id, _WHAT), page_size=page_size, skip=(page - 1) * page_size
    )
    answer = await call(gateway.backends.webhooks.ListWebhookDeliveries, request, identity=caller.token)
    return DeliveryPage(
        data=[_delivery(delivery) for delivery in answer.deliveries],
        page=page,
        page_size=page_size,
        total=answer.total_size,
        total_pages=-(-answer.total_size // page_size),
    )


@router.post(
    "/deliveries/{delivery_id}/redeliver/",
    status_code=202,
    responses=refusals(401, 404, 409),
    summary="Deliver a message again",
)
async def redeliver(delivery_id: PathName, caller: CallerOf, gateway: GatewayOf) -> WebhookDelivery:
    """Sends a message again at once, with the same `webhook-id`, also when it was delivered before."""
    request = pb.RedeliverWebhookRequest(id=require_name(delivery_id, _DELIVERY))
    return _delivery(await call(gateway.backends.webhooks.RedeliverWebhook, request, identity=caller.token))


def _webhook(webhook: pb.Webhook) -> Webhook:
    return Webhook(
        id=webhook.id,
        url=webhook.url,
        events=[cast(WebhookEvent, event) for event in webhook.events],
        is_active=webhook.is_active,
        disabled_reason=webhook.disabled_reason or None,
        created_at=moment(webhook.create_time),
        updated_at=moment(webhook.update_time),
    )


def _with_secret(webhook: pb.Webhook) -> WebhookWithSecret:
    return WebhookWithSecret(**_webhook(webhook).model_dump(), secret=webhook.secret)


def _delivery(delivery: pb.WebhookDelivery) -> WebhookDelivery:
    status = pb.WebhookDeliveryStatus.Name(delivery.status).removeprefix(_STATUS).lower()
    tried = delivery.HasField("duration")
    return WebhookDelivery(
        id=delivery.id,
        webhook=delivery.webhook_id,
        webhook_id=delivery.message_id,
        event=cast(WebhookEvent, delivery.type),
        status=cast(DeliveryStatus, status),
        attempts=delivery.attempt_count,
        http_status=delivery.http_status or None,
        error=delivery.error or None,
        response_excerpt=delivery.response_excerpt if tried else None,
        duration_ms=round(delivery.duration.ToMicroseconds() / 1000, 1) if tried else None,
        created_at=moment(delivery.create_time),
        last_attempt_at=moment_or_none(delivery.attempt_time),
        next_attempt_at=moment_or_none(delivery.next_attempt_time),
    )
