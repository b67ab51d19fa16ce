from typing import Literal

WebhookDeliveryEvent = Literal["document.processed", "form.submitted", "session.ended", "session.started"]

WEBHOOK_DELIVERY_EVENT_VALUES: set[WebhookDeliveryEvent] = {
    "document.processed",
    "form.submitted",
    "session.ended",
    "session.started",
}


def check_webhook_delivery_event(value: str) -> WebhookDeliveryEvent:
    if value in WEBHOOK_DELIVERY_EVENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {WEBHOOK_DELIVERY_EVENT_VALUES!r}")
