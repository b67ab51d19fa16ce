from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.noise_cancellation_default import NoiseCancellationDefault, check_noise_cancellation_default
from ..models.noise_cancellation_engines_item import NoiseCancellationEnginesItem, check_noise_cancellation_engines_item

T = TypeVar("T", bound="NoiseCancellation")


@_attrs_define
class NoiseCancellation:
    """The noise cancellation engines that are available, and the default.

    Attributes:
        default (NoiseCancellationDefault):
        engines (list[NoiseCancellationEnginesItem]): What the caller may choose from; each once.
        level (float): Attenuation limit of `server` in dB.
        user_selectable (bool): Whether the caller may choose.
        model_url (None | str): Where `rnnoise` is loaded from; null for the bundled.
    """

    default: NoiseCancellationDefault
    engines: list[NoiseCancellationEnginesItem]
    level: float
    user_selectable: bool
    model_url: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        default: str = self.default

        engines = []
        for engines_item_data in self.engines:
            engines_item: str = engines_item_data
            engines.append(engines_item)

        level = self.level

        user_selectable = self.user_selectable

        model_url: None | str
        model_url = self.model_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "default": default,
                "engines": engines,
                "level": level,
                "user_selectable": user_selectable,
                "model_url": model_url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        default = check_noise_cancellation_default(d.pop("default"))

        engines = []
        _engines = d.pop("engines")
        for engines_item_data in _engines:
            engines_item = check_noise_cancellation_engines_item(engines_item_data)

            engines.append(engines_item)

        level = d.pop("level")

        user_selectable = d.pop("user_selectable")

        def _parse_model_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        model_url = _parse_model_url(d.pop("model_url"))

        noise_cancellation = cls(
            default=default,
            engines=engines,
            level=level,
            user_selectable=user_selectable,
            model_url=model_url,
        )

        noise_cancellation.additional_properties = d
        return noise_cancellation

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
