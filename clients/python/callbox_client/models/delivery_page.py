from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.webhook_delivery import WebhookDelivery


T = TypeVar("T", bound="DeliveryPage")


@_attrs_define
class DeliveryPage:
    """A page of the log.

    Example:
        {'data': [{'id': 'dlv_0f8b6d0e5b1c4f0fa3d1c2b3a4958677', 'webhook': 'whk_Zk3vQy0N8rT1mJ5sXw2eLb7u',
            'webhook_id': 'msg_2bXvQy0N8rT1mJ5sXw2eLb7u', 'event': 'session.ended', 'status': 'pending', 'attempts': 1,
            'http_status': 502, 'error': 'The receiver answered 502; only 2xx is a success.', 'response_excerpt': 'Bad
            Gateway', 'duration_ms': 41.7, 'created_at': '2026-03-01T12:00:19.500000Z', 'last_attempt_at':
            '2026-03-01T12:00:19.600000Z', 'next_attempt_at': '2026-03-01T12:00:24.800000Z'}], 'page': 1, 'page_size': 50,
            'total': 1, 'total_pages': 1}

    Attributes:
        data (list[WebhookDelivery]):
        page (int):
        page_size (int):
        total (int):
        total_pages (int):
    """

    data: list[WebhookDelivery]
    page: int
    page_size: int
    total: int
    total_pages: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data = []
        for data_item_data in self.data:
            data_item = data_item_data.to_dict()
            data.append(data_item)

        page = self.page

        page_size = self.page_size

        total = self.total

        total_pages = self.total_pages

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data": data,
                "page": page,
                "page_size": page_size,
                "total": total,
                "total_pages": total_pages,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.webhook_delivery import WebhookDelivery  # noqa: PLC0415

        d = dict(src_dict)
        data = []
        _data = d.pop("data")
        for data_item_data in _data:
            data_item = WebhookDelivery.from_dict(data_item_data)

            data.append(data_item)

        page = d.pop("page")

        page_size = d.pop("page_size")

        total = d.pop("total")

        total_pages = d.pop("total_pages")

        delivery_page = cls(
            data=data,
            page=page,
            page_size=page_size,
            total=total,
            total_pages=total_pages,
        )

        delivery_page.additional_properties = d
        return delivery_page

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
