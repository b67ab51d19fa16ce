from typing import Literal

WebhookEventsItem = Literal["document.processed", "form.submitted", "session.ended", "session.started"]

WEBHOOK_EVENTS_ITEM_VALUES: set[WebhookEventsItem] = {
    "document.processed",
    "form.submitted",
    "session.ended",
    "session.started",
}


def check_webhook_events_item(value: str) -> WebhookEventsItem:
    if value in WEBHOOK_EVENTS_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {WEBHOOK_EVENTS_ITEM_VALUES!r}")
