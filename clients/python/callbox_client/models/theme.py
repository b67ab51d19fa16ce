from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Theme")


@_attrs_define
class Theme:
    """CSS colours.

    Attributes:
        primary_color (str): Buttons, floating button, accents.
        accent_color (str): Loading rings, highlights.
        background_color (str): Panel.
        text_color (str):
        user_bubble_color (str):
        user_bubble_text_color (str):
        agent_bubble_color (str):
        agent_bubble_text_color (str):
    """

    primary_color: str
    accent_color: str
    background_color: str
    text_color: str
    user_bubble_color: str
    user_bubble_text_color: str
    agent_bubble_color: str
    agent_bubble_text_color: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        primary_color = self.primary_color

        accent_color = self.accent_color

        background_color = self.background_color

        text_color = self.text_color

        user_bubble_color = self.user_bubble_color

        user_bubble_text_color = self.user_bubble_text_color

        agent_bubble_color = self.agent_bubble_color

        agent_bubble_text_color = self.agent_bubble_text_color

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "primary_color": primary_color,
                "accent_color": accent_color,
                "background_color": background_color,
                "text_color": text_color,
                "user_bubble_color": user_bubble_color,
                "user_bubble_text_color": user_bubble_text_color,
                "agent_bubble_color": agent_bubble_color,
                "agent_bubble_text_color": agent_bubble_text_color,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        primary_color = d.pop("primary_color")

        accent_color = d.pop("accent_color")

        background_color = d.pop("background_color")

        text_color = d.pop("text_color")

        user_bubble_color = d.pop("user_bubble_color")

        user_bubble_text_color = d.pop("user_bubble_text_color")

        agent_bubble_color = d.pop("agent_bubble_color")

        agent_bubble_text_color = d.pop("agent_bubble_text_color")

        theme = cls(
            primary_color=primary_color,
            accent_color=accent_color,
            background_color=background_color,
            text_color=text_color,
            user_bubble_color=user_bubble_color,
            user_bubble_text_color=user_bubble_text_color,
            agent_bubble_color=agent_bubble_color,
            agent_bubble_text_color=agent_bubble_text_color,
        )

        theme.additional_properties = d
        return theme

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
