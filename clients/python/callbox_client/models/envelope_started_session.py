from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.started_session import StartedSession


T = TypeVar("T", bound="EnvelopeStartedSession")


@_attrs_define
class EnvelopeStartedSession:
    """
    Attributes:
        success (bool):
        message (str):
        data (StartedSession): What a client needs to join the call. Example: {'token':
            'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl', 'livekit_url': 'wss://media.shop.example', 'room_name': 'callbox-
            support-bot-5Yc0aQ', 'participant_identity': 'user-8d1fQ2', 'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u',
            'expires_in_seconds': 3600, 'character_slug': 'support-bot', 'system_prompt': 'You answer calls for a bicycle
            shop.', 'greeting': 'Hello, how can I help?'}.
        errors (None):
    """

    success: bool
    message: str
    data: StartedSession
    errors: None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        message = self.message

        data = self.data.to_dict()

        errors = self.errors

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "message": message,
                "data": data,
                "errors": errors,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.started_session import StartedSession  # noqa: PLC0415

        d = dict(src_dict)
        success = d.pop("success")

        message = d.pop("message")

        data = StartedSession.from_dict(d.pop("data"))

        errors = d.pop("errors")

        envelope_started_session = cls(
            success=success,
            message=message,
            data=data,
            errors=errors,
        )

        envelope_started_session.additional_properties = d
        return envelope_started_session

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
