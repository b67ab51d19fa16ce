from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="LabelsOverrides")


@_attrs_define
class LabelsOverrides:
    """Texts of the states of a call.

    Attributes:
        idle (None | str | Unset):
        connecting (None | str | Unset):
        listening (None | str | Unset):
        speaking (None | str | Unset):
        muted (None | str | Unset):
        call_ended (None | str | Unset):
        transcript_placeholder (None | str | Unset):
        language_label (None | str | Unset):
    """

    idle: None | str | Unset = UNSET
    connecting: None | str | Unset = UNSET
    listening: None | str | Unset = UNSET
    speaking: None | str | Unset = UNSET
    muted: None | str | Unset = UNSET
    call_ended: None | str | Unset = UNSET
    transcript_placeholder: None | str | Unset = UNSET
    language_label: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        idle: None | str | Unset
        if isinstance(self.idle, Unset):
            idle = UNSET
        else:
            idle = self.idle

        connecting: None | str | Unset
        if isinstance(self.connecting, Unset):
            connecting = UNSET
        else:
            connecting = self.connecting

        listening: None | str | Unset
        if isinstance(self.listening, Unset):
            listening = UNSET
        else:
            listening = self.listening

        speaking: None | str | Unset
        if isinstance(self.speaking, Unset):
            speaking = UNSET
        else:
            speaking = self.speaking

        muted: None | str | Unset
        if isinstance(self.muted, Unset):
            muted = UNSET
        else:
            muted = self.muted

        call_ended: None | str | Unset
        if isinstance(self.call_ended, Unset):
            call_ended = UNSET
        else:
            call_ended = self.call_ended

        transcript_placeholder: None | str | Unset
        if isinstance(self.transcript_placeholder, Unset):
            transcript_placeholder = UNSET
        else:
            transcript_placeholder = self.transcript_placeholder

        language_label: None | str | Unset
        if isinstance(self.language_label, Unset):
            language_label = UNSET
        else:
            language_label = self.language_label

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if idle is not UNSET:
            field_dict["idle"] = idle
        if connecting is not UNSET:
            field_dict["connecting"] = connecting
        if listening is not UNSET:
            field_dict["listening"] = listening
        if speaking is not UNSET:
            field_dict["speaking"] = speaking
        if muted is not UNSET:
            field_dict["muted"] = muted
        if call_ended is not UNSET:
            field_dict["call_ended"] = call_ended
        if transcript_placeholder is not UNSET:
            field_dict["transcript_placeholder"] = transcript_placeholder
        if language_label is not UNSET:
            field_dict["language_label"] = language_label

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_idle(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        idle = _parse_idle(d.pop("idle", UNSET))

        def _parse_connecting(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        connecting = _parse_connecting(d.pop("connecting", UNSET))

        def _parse_listening(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        listening = _parse_listening(d.pop("listening", UNSET))

        def _parse_speaking(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        speaking = _parse_speaking(d.pop("speaking", UNSET))

        def _parse_muted(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        muted = _parse_muted(d.pop("muted", UNSET))

        def _parse_call_ended(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        call_ended = _parse_call_ended(d.pop("call_ended", UNSET))

        def _parse_transcript_placeholder(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        transcript_placeholder = _parse_transcript_placeholder(d.pop("transcript_placeholder", UNSET))

        def _parse_language_label(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        language_label = _parse_language_label(d.pop("language_label", UNSET))

        labels_overrides = cls(
            idle=idle,
            connecting=connecting,
            listening=listening,
            speaking=speaking,
            muted=muted,
            call_ended=call_ended,
            transcript_placeholder=transcript_placeholder,
            language_label=language_label,
        )

        labels_overrides.additional_properties = d
        return labels_overrides

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
