from typing import Literal

WebhookWithSecretEventsItem = Literal["document.processed", "form.submitted", "session.ended", "session.started"]

WEBHOOK_WITH_SECRET_EVENTS_ITEM_VALUES: set[WebhookWithSecretEventsItem] = {
    "document.processed",
    "form.submitted",
    "session.ended",
    "session.started",
}


def check_webhook_with_secret_events_item(value: str) -> WebhookWithSecretEventsItem:
    if value in WEBHOOK_WITH_SECRET_EVENTS_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {WEBHOOK_WITH_SECRET_EVENTS_ITEM_VALUES!r}")
