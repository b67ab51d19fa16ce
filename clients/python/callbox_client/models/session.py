from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.session_end_reason_type_0 import SessionEndReasonType0, check_session_end_reason_type_0
from ..models.session_status import SessionStatus, check_session_status

T = TypeVar("T", bound="Session")


@_attrs_define
class Session:
    """The state of a call.

    Example:
        {'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u', 'status': 'ended', 'character_slug': 'support-bot',
            'character_version': 3, 'room_name': 'callbox-support-bot-5Yc0aQ', 'created_at': '2026-03-01T12:00:00Z',
            'joined_at': '2026-03-01T12:00:01Z', 'ended_at': '2026-03-01T12:00:19.400000Z', 'end_reason': 'ended_by_api'}

    Attributes:
        session_id (str):
        status (SessionStatus):
        character_slug (str):
        character_version (int): Version of the character that the call uses.
        room_name (str):
        created_at (datetime.datetime):
        joined_at (datetime.datetime | None): When the caller joined; null if nobody did.
        ended_at (datetime.datetime | None):
        end_reason (None | SessionEndReasonType0):
    """

    session_id: str
    status: SessionStatus
    character_slug: str
    character_version: int
    room_name: str
    created_at: datetime.datetime
    joined_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    end_reason: None | SessionEndReasonType0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        session_id = self.session_id

        status: str = self.status

        character_slug = self.character_slug

        character_version = self.character_version

        room_name = self.room_name

        created_at = self.created_at.isoformat()

        joined_at: None | str
        if isinstance(self.joined_at, datetime.datetime):
            joined_at = self.joined_at.isoformat()
        else:
            joined_at = self.joined_at

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        end_reason: None | str
        if isinstance(self.end_reason, str):
            end_reason = self.end_reason
        else:
            end_reason = self.end_reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "session_id": session_id,
                "status": status,
                "character_slug": character_slug,
                "character_version": character_version,
                "room_name": room_name,
                "created_at": created_at,
                "joined_at": joined_at,
                "ended_at": ended_at,
                "end_reason": end_reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        session_id = d.pop("session_id")

        status = check_session_status(d.pop("status"))

        character_slug = d.pop("character_slug")

        character_version = d.pop("character_version")

        room_name = d.pop("room_name")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_joined_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                joined_at_type_0 = datetime.datetime.fromisoformat(data)

                return joined_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        joined_at = _parse_joined_at(d.pop("joined_at"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        def _parse_end_reason(data: object) -> None | SessionEndReasonType0:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                end_reason_type_0 = check_session_end_reason_type_0(data)

                return end_reason_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SessionEndReasonType0, data)

        end_reason = _parse_end_reason(d.pop("end_reason"))

        session = cls(
            session_id=session_id,
            status=status,
            character_slug=character_slug,
            character_version=character_version,
            room_name=room_name,
            created_at=created_at,
            joined_at=joined_at,
            ended_at=ended_at,
            end_reason=end_reason,
        )

        session.additional_properties = d
        return session

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
