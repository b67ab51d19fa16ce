from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Labels")


@_attrs_define
class Labels:
    """Texts of the states of a call.

    Attributes:
        idle (str):
        connecting (str):
        listening (str):
        speaking (str):
        muted (str):
        call_ended (str):
        transcript_placeholder (str):
        language_label (str):
    """

    idle: str
    connecting: str
    listening: str
    speaking: str
    muted: str
    call_ended: str
    transcript_placeholder: str
    language_label: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        idle = self.idle

        connecting = self.connecting

        listening = self.listening

        speaking = self.speaking

        muted = self.muted

        call_ended = self.call_ended

        transcript_placeholder = self.transcript_placeholder

        language_label = self.language_label

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "idle": idle,
                "connecting": connecting,
                "listening": listening,
                "speaking": speaking,
                "muted": muted,
                "call_ended": call_ended,
                "transcript_placeholder": transcript_placeholder,
                "language_label": language_label,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        idle = d.pop("idle")

        connecting = d.pop("connecting")

        listening = d.pop("listening")

        speaking = d.pop("speaking")

        muted = d.pop("muted")

        call_ended = d.pop("call_ended")

        transcript_placeholder = d.pop("transcript_placeholder")

        language_label = d.pop("language_label")

        labels = cls(
            idle=idle,
            connecting=connecting,
            listening=listening,
            speaking=speaking,
            muted=muted,
            call_ended=call_ended,
            transcript_placeholder=transcript_placeholder,
            language_label=language_label,
        )

        labels.additional_properties = d
        return labels

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
