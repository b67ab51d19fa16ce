from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.webhook_delivery_event import WebhookDeliveryEvent, check_webhook_delivery_event
from ..models.webhook_delivery_status import WebhookDeliveryStatus, check_webhook_delivery_status

T = TypeVar("T", bound="WebhookDelivery")


@_attrs_define
class WebhookDelivery:
    """One message to one webhook, with its latest attempt.

    Example:
        {'id': 'dlv_0f8b6d0e5b1c4f0fa3d1c2b3a4958677', 'webhook': 'whk_Zk3vQy0N8rT1mJ5sXw2eLb7u', 'webhook_id':
            'msg_2bXvQy0N8rT1mJ5sXw2eLb7u', 'event': 'session.ended', 'status': 'pending', 'attempts': 1, 'http_status':
            502, 'error': 'The receiver answered 502; only 2xx is a success.', 'response_excerpt': 'Bad Gateway',
            'duration_ms': 41.7, 'created_at': '2026-03-01T12:00:19.500000Z', 'last_attempt_at':
            '2026-03-01T12:00:19.600000Z', 'next_attempt_at': '2026-03-01T12:00:24.800000Z'}

    Attributes:
        id (str):
        webhook (str): Id of the webhook.
        webhook_id (str): The header `webhook-id`: the same in every attempt and redelivery.
        event (WebhookDeliveryEvent):
        status (WebhookDeliveryStatus):
        attempts (int): Requests made so far.
        http_status (int | None): Status of the latest answer; null if there was none.
        error (None | str): Error of the latest attempt; null if it succeeded.
        response_excerpt (None | str): First 1,024 bytes of the latest answer; null before the first.
        duration_ms (float | None): Duration of the latest attempt; null before the first.
        created_at (datetime.datetime): When the event happened.
        last_attempt_at (datetime.datetime | None): When the latest attempt began; null before the first.
        next_attempt_at (datetime.datetime | None): Null if there will be none.
    """

    id: str
    webhook: str
    webhook_id: str
    event: WebhookDeliveryEvent
    status: WebhookDeliveryStatus
    attempts: int
    http_status: int | None
    error: None | str
    response_excerpt: None | str
    duration_ms: float | None
    created_at: datetime.datetime
    last_attempt_at: datetime.datetime | None
    next_attempt_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        webhook = self.webhook

        webhook_id = self.webhook_id

        event: str = self.event

        status: str = self.status

        attempts = self.attempts

        http_status: int | None
        http_status = self.http_status

        error: None | str
        error = self.error

        response_excerpt: None | str
        response_excerpt = self.response_excerpt

        duration_ms: float | None
        duration_ms = self.duration_ms

        created_at = self.created_at.isoformat()

        last_attempt_at: None | str
        if isinstance(self.last_attempt_at, datetime.datetime):
            last_attempt_at = self.last_attempt_at.isoformat()
        else:
            last_attempt_at = self.last_attempt_at

        next_attempt_at: None | str
        if isinstance(self.next_attempt_at, datetime.datetime):
            next_attempt_at = self.next_attempt_at.isoformat()
        else:
            next_attempt_at = self.next_attempt_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "webhook": webhook,
                "webhook_id": webhook_id,
                "event": event,
                "status": status,
                "attempts": attempts,
                "http_status": http_status,
                "error": error,
                "response_excerpt": response_excerpt,
                "duration_ms": duration_ms,
                "created_at": created_at,
                "last_attempt_at": last_attempt_at,
                "next_attempt_at": next_attempt_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        webhook = d.pop("webhook")

        webhook_id = d.pop("webhook_id")

        event = check_webhook_delivery_event(d.pop("event"))

        status = check_webhook_delivery_status(d.pop("status"))

        attempts = d.pop("attempts")

        def _parse_http_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        http_status = _parse_http_status(d.pop("http_status"))

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))

        def _parse_response_excerpt(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        response_excerpt = _parse_response_excerpt(d.pop("response_excerpt"))

        def _parse_duration_ms(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        duration_ms = _parse_duration_ms(d.pop("duration_ms"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_last_attempt_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_attempt_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_attempt_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_attempt_at = _parse_last_attempt_at(d.pop("last_attempt_at"))

        def _parse_next_attempt_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_attempt_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_attempt_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_attempt_at = _parse_next_attempt_at(d.pop("next_attempt_at"))

        webhook_delivery = cls(
            id=id,
            webhook=webhook,
            webhook_id=webhook_id,
            event=event,
            status=status,
            attempts=attempts,
            http_status=http_status,
            error=error,
            response_excerpt=response_excerpt,
            duration_ms=duration_ms,
            created_at=created_at,
            last_attempt_at=last_attempt_at,
            next_attempt_at=next_attempt_at,
        )

        webhook_delivery.additional_properties = d
        return webhook_delivery

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
