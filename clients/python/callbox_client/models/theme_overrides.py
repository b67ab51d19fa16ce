from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ThemeOverrides")


@_attrs_define
class ThemeOverrides:
    """CSS colours.

    Attributes:
        primary_color (None | str | Unset): Buttons, floating button, accents.
        accent_color (None | str | Unset): Loading rings, highlights.
        background_color (None | str | Unset): Panel.
        text_color (None | str | Unset):
        user_bubble_color (None | str | Unset):
        user_bubble_text_color (None | str | Unset):
        agent_bubble_color (None | str | Unset):
        agent_bubble_text_color (None | str | Unset):
    """

    primary_color: None | str | Unset = UNSET
    accent_color: None | str | Unset = UNSET
    background_color: None | str | Unset = UNSET
    text_color: None | str | Unset = UNSET
    user_bubble_color: None | str | Unset = UNSET
    user_bubble_text_color: None | str | Unset = UNSET
    agent_bubble_color: None | str | Unset = UNSET
    agent_bubble_text_color: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        primary_color: None | str | Unset
        if isinstance(self.primary_color, Unset):
            primary_color = UNSET
        else:
            primary_color = self.primary_color

        accent_color: None | str | Unset
        if isinstance(self.accent_color, Unset):
            accent_color = UNSET
        else:
            accent_color = self.accent_color

        background_color: None | str | Unset
        if isinstance(self.background_color, Unset):
            background_color = UNSET
        else:
            background_color = self.background_color

        text_color: None | str | Unset
        if isinstance(self.text_color, Unset):
            text_color = UNSET
        else:
            text_color = self.text_color

        user_bubble_color: None | str | Unset
        if isinstance(self.user_bubble_color, Unset):
            user_bubble_color = UNSET
        else:
            user_bubble_color = self.user_bubble_color

        user_bubble_text_color: None | str | Unset
        if isinstance(self.user_bubble_text_color, Unset):
            user_bubble_text_color = UNSET
        else:
            user_bubble_text_color = self.user_bubble_text_color

        agent_bubble_color: None | str | Unset
        if isinstance(self.agent_bubble_color, Unset):
            agent_bubble_color = UNSET
        else:
            agent_bubble_color = self.agent_bubble_color

        agent_bubble_text_color: None | str | Unset
        if isinstance(self.agent_bubble_text_color, Unset):
            agent_bubble_text_color = UNSET
        else:
            agent_bubble_text_color = self.agent_bubble_text_color

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if primary_color is not UNSET:
            field_dict["primary_color"] = primary_color
        if accent_color is not UNSET:
            field_dict["accent_color"] = accent_color
        if background_color is not UNSET:
            field_dict["background_color"] = background_color
        if text_color is not UNSET:
            field_dict["text_color"] = text_color
        if user_bubble_color is not UNSET:
            field_dict["user_bubble_color"] = user_bubble_color
        if user_bubble_text_color is not UNSET:
            field_dict["user_bubble_text_color"] = user_bubble_text_color
        if agent_bubble_color is not UNSET:
            field_dict["agent_bubble_color"] = agent_bubble_color
        if agent_bubble_text_color is not UNSET:
            field_dict["agent_bubble_text_color"] = agent_bubble_text_color

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_primary_color(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        primary_color = _parse_primary_color(d.pop("primary_color", UNSET))

        def _parse_accent_color(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        accent_color = _parse_accent_color(d.pop("accent_color", UNSET))

        def _parse_background_color(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        background_color = _parse_background_color(d.pop("background_color", UNSET))

        def _parse_text_color(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        text_color = _parse_text_color(d.pop("text_color", UNSET))

        def _parse_user_bubble_color(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user_bubble_color = _parse_user_bubble_color(d.pop("user_bubble_color", UNSET))

        def _parse_user_bubble_text_color(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user_bubble_text_color = _parse_user_bubble_text_color(d.pop("user_bubble_text_color", UNSET))

        def _parse_agent_bubble_color(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        agent_bubble_color = _parse_agent_bubble_color(d.pop("agent_bubble_color", UNSET))

        def _parse_agent_bubble_text_color(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        agent_bubble_text_color = _parse_agent_bubble_text_color(d.pop("agent_bubble_text_color", UNSET))

        theme_overrides = cls(
            primary_color=primary_color,
            accent_color=accent_color,
            background_color=background_color,
            text_color=text_color,
            user_bubble_color=user_bubble_color,
            user_bubble_text_color=user_bubble_text_color,
            agent_bubble_color=agent_bubble_color,
            agent_bubble_text_color=agent_bubble_text_color,
        )

        theme_overrides.additional_properties = d
        return theme_overrides

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
