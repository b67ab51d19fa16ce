from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.transcript_item_role import TranscriptItemRole, check_transcript_item_role
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.latency import Latency


T = TypeVar("T", bound="TranscriptItem")


@_attrs_define
class TranscriptItem:
    """One utterance. `interrupted` and `typed` are present only if true, `latency` only if it was measured.

    `character_slug` is present only if another character spoke than the one that the call started with.

        Attributes:
            role (TranscriptItemRole):
            text (str):
            turn_index (int): From 0; the greeting comes first.
            ts (float): Seconds since the caller joined.
            interrupted (bool | Unset): True if the other side interrupted it. Default: False.
            typed (bool | Unset): True if it was typed. Default: False.
            character_slug (None | str | Unset): Character that spoke, if it was not the character that the call started
                with.
            latency (Latency | None | Unset): How long the caller waited for this answer to their speech.
    """

    role: TranscriptItemRole
    text: str
    turn_index: int
    ts: float
    interrupted: bool | Unset = False
    typed: bool | Unset = False
    character_slug: None | str | Unset = UNSET
    latency: Latency | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.latency import Latency  # noqa: PLC0415

        role: str = self.role

        text = self.text

        turn_index = self.turn_index

        ts = self.ts

        interrupted = self.interrupted

        typed = self.typed

        character_slug: None | str | Unset
        if isinstance(self.character_slug, Unset):
            character_slug = UNSET
        else:
            character_slug = self.character_slug

        latency: dict[str, Any] | None | Unset
        if isinstance(self.latency, Unset):
            latency = UNSET
        elif isinstance(self.latency, Latency):
            latency = self.latency.to_dict()
        else:
            latency = self.latency

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "role": role,
                "text": text,
                "turn_index": turn_index,
                "ts": ts,
            }
        )
        if interrupted is not UNSET:
            field_dict["interrupted"] = interrupted
        if typed is not UNSET:
            field_dict["typed"] = typed
        if character_slug is not UNSET:
            field_dict["character_slug"] = character_slug
        if latency is not UNSET:
            field_dict["latency"] = latency

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.latency import Latency  # noqa: PLC0415

        d = dict(src_dict)
        role = check_transcript_item_role(d.pop("role"))

        text = d.pop("text")

        turn_index = d.pop("turn_index")

        ts = d.pop("ts")

        interrupted = d.pop("interrupted", UNSET)

        typed = d.pop("typed", UNSET)

        def _parse_character_slug(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        character_slug = _parse_character_slug(d.pop("character_slug", UNSET))

        def _parse_latency(data: object) -> Latency | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                latency_type_0 = Latency.from_dict(data)

                return latency_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Latency | None | Unset, data)

        latency = _parse_latency(d.pop("latency", UNSET))

        transcript_item = cls(
            role=role,
            text=text,
            turn_index=turn_index,
            ts=ts,
            interrupted=interrupted,
            typed=typed,
            character_slug=character_slug,
            latency=latency,
        )

        transcript_item.additional_properties = d
        return transcript_item

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
