from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Handoff")


@_attrs_define
class Handoff:
    """One handoff of the call to another character.

    Attributes:
        from_ (str): Slug of the character that handed the call over.
        to (str): Slug of the character that took the call.
        reason (str): Why, in the words of the language model: at most 1,000 characters.
        ts (float): Seconds since the caller joined.
        turn_index (int): First turn of the new character.
    """

    from_: str
    to: str
    reason: str
    ts: float
    turn_index: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from_ = self.from_

        to = self.to

        reason = self.reason

        ts = self.ts

        turn_index = self.turn_index

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "from": from_,
                "to": to,
                "reason": reason,
                "ts": ts,
                "turn_index": turn_index,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        from_ = d.pop("from")

        to = d.pop("to")

        reason = d.pop("reason")

        ts = d.pop("ts")

        turn_index = d.pop("turn_index")

        handoff = cls(
            from_=from_,
            to=to,
            reason=reason,
            ts=ts,
            turn_index=turn_index,
        )

        handoff.additional_properties = d
        return handoff

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
