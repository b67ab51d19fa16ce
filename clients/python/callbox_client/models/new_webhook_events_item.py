from typing import Literal

NewWebhookEventsItem = Literal["document.processed", "form.submitted", "session.ended", "session.started"]

NEW_WEBHOOK_EVENTS_ITEM_VALUES: set[NewWebhookEventsItem] = {
    "document.processed",
    "form.submitted",
    "session.ended",
    "session.started",
}


def check_new_webhook_events_item(value: str) -> NewWebhookEventsItem:
    if value in NEW_WEBHOOK_EVENTS_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NEW_WEBHOOK_EVENTS_ITEM_VALUES!r}")
