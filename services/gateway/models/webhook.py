"""Bodies of webhooks and of the log of deliveries (contract 14.11, 14.12)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

WebhookEvent = Literal["session.started", "session.ended", "form.submitted", "document.processed"]
DeliveryStatus = Literal["pending", "delivered", "failed"]

# Room for every type of event, and for duplicates.
_MAX_EVENTS = 16
_EVENTS = "Types of events to send; empty or missing means all, including future types."
Events = Annotated[list[WebhookEvent], Field(max_length=_MAX_EVENTS, description=_EVENTS)]


class NewWebhook(BaseModel):
    """A webhook to create."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"example": {"url": "https://shop.example/hooks/callbox", "events": ["session.ended"]}},
    )

    url: str = Field(max_length=4_096, description="http or https, without credentials; no private address.")
    events: Events = []
    is_active: bool = Field(True, description="False creates a webhook that gets no events yet.")


class WebhookChange(BaseModel):
    """The fields to change. A field that you do not send stays as it is."""

    model_config = ConfigDict(strict=True, json_schema_extra={"example": {"is_active": True}})

    url: str = Field("", max_length=4_096)
    events: Events = []
    is_active: bool = True


class Webhook(BaseModel):
    """A webhook without its secret."""

    id: str = Field(examples=["whk_Zk3vQy0N8rT1mJ5sXw2eLb7u"])
    url: str
    events: list[WebhookEvent] = Field(description="Empty means all.")
    is_active: bool
    disabled_reason: str | None = Field(
        description="Why Callbox deactivated it after a 410; null if it did not. Set `is_active` to undo it.",
        examples=[None],
    )
    created_at: datetime
    updated_at: datetime


class WebhookWithSecret(Webhook):
    """A webhook with its new secret, which is shown only now."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="])


class WebhookDelivery(BaseModel):
    """One message to one webhook, with its latest attempt."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "dlv_0f8b6d0e5b1c4f0fa3d1c2b3a4958677",
                "webhook": "whk_Zk3vQy0N8rT1mJ5sXw2eLb7u",
                "webhook_id": "msg_2bXvQy0N8rT1mJ5sXw2eLb7u",
                "event": "session.ended",
                "status": "pending",
                "attempts": 1,
                "http_status": 502,
                "error": "The receiver answered 502; only 2xx is a success.",
                "response_excerpt": "Bad Gateway",
                "duration_ms": 41.7,
                "created_at": "2026-03-01T12:00:19.500000Z",
                "last_attempt_at": "2026-03-01T12:00:19.600000Z",
                "next_attempt_at": "2026-03-01T12:00:24.800000Z",
            }
        }
    )

    id: str
    webhook: str = Field(description="Id of the webhook.")
    webhook_id: str = Field(description="The header `webhook-id`: the same in every attempt and redelivery.")
    event: WebhookEvent
    status: DeliveryStatus
    attempts: int = Field(description="Requests made so far.")
    http_status: int | None = Field(description="Status of the latest answer; null if there was none.")
    error: str | None = Field(description="Error of the latest attempt; null if it succeeded.")
    response_excerpt: str | None = Field(description="First 1,024 bytes of the latest answer; null before the first.")
    duration_ms: float | None = Field(description="Duration of the latest attempt; null before the first.")
    created_at: datetime = Field(description="When the event happened.")
    last_attempt_at: datetime | None = Field(description="When the latest attempt began; null before the first.")
    next_attempt_at: datetime | None = Field(description="Null if there will be none.")


class DeliveryPage(BaseModel):
    """A page of the log."""

    model_config = ConfigDict(json_schema_extra={"example": {"page": 1, "page_size": 50, "total": 1, "total_pages": 1}})

    data: list[WebhookDelivery]
    page: int
    page_size: int
    total: int
    total_pages: int
