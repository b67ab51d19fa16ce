from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.tool_call_kind_type_0 import ToolCallKindType0, check_tool_call_kind_type_0
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.tool_call_arguments_type_0 import ToolCallArgumentsType0


T = TypeVar("T", bound="ToolCall")


@_attrs_define
class ToolCall:
    """One tool call of the agent. `character_slug` is present only as in `TranscriptItem`.

    Attributes:
        name (str):
        kind (None | ToolCallKindType0):
        arguments (None | ToolCallArgumentsType0): Arguments from the language model, with secrets masked; null if they
            were too large to store.
        result_preview (str): The beginning of the result: at most 4,000 characters.
        result_characters (int): Characters of the whole result.
        error (None | str): Error code (`timeout`, `http_500`); null if the call succeeded.
        duration_seconds (float):
        ts (float): Seconds since the caller joined.
        turn_index (int): Turn that the call belongs to: the answer that follows it.
        character_slug (None | str | Unset): Character that called it, if it was not the character that the call started
            with.
    """

    name: str
    kind: None | ToolCallKindType0
    arguments: None | ToolCallArgumentsType0
    result_preview: str
    result_characters: int
    error: None | str
    duration_seconds: float
    ts: float
    turn_index: int
    character_slug: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.tool_call_arguments_type_0 import ToolCallArgumentsType0  # noqa: PLC0415

        name = self.name

        kind: None | str
        if isinstance(self.kind, str):
            kind = self.kind
        else:
            kind = self.kind

        arguments: dict[str, Any] | None
        if isinstance(self.arguments, ToolCallArgumentsType0):
            arguments = self.arguments.to_dict()
        else:
            arguments = self.arguments

        result_preview = self.result_preview

        result_characters = self.result_characters

        error: None | str
        error = self.error

        duration_seconds = self.duration_seconds

        ts = self.ts

        turn_index = self.turn_index

        character_slug: None | str | Unset
        if isinstance(self.character_slug, Unset):
            character_slug = UNSET
        else:
            character_slug = self.character_slug

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "kind": kind,
                "arguments": arguments,
                "result_preview": result_preview,
                "result_characters": result_characters,
                "error": error,
                "duration_seconds": duration_seconds,
                "ts": ts,
                "turn_index": turn_index,
            }
        )
        if character_slug is not UNSET:
            field_dict["character_slug"] = character_slug

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.tool_call_arguments_type_0 import ToolCallArgumentsType0  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        def _parse_kind(data: object) -> None | ToolCallKindType0:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                kind_type_0 = check_tool_call_kind_type_0(data)

                return kind_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ToolCallKindType0, data)

        kind = _parse_kind(d.pop("kind"))

        def _parse_arguments(data: object) -> None | ToolCallArgumentsType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                arguments_type_0 = ToolCallArgumentsType0.from_dict(data)

                return arguments_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ToolCallArgumentsType0, data)

        arguments = _parse_arguments(d.pop("arguments"))

        result_preview = d.pop("result_preview")

        result_characters = d.pop("result_characters")

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))

        duration_seconds = d.pop("duration_seconds")

        ts = d.pop("ts")

        turn_index = d.pop("turn_index")

        def _parse_character_slug(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        character_slug = _parse_character_slug(d.pop("character_slug", UNSET))

        tool_call = cls(
            name=name,
            kind=kind,
            arguments=arguments,
            result_preview=result_preview,
            result_characters=result_characters,
            error=error,
            duration_seconds=duration_seconds,
            ts=ts,
            turn_index=turn_index,
            character_slug=character_slug,
        )

        tool_call.additional_properties = d
        return tool_call

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
