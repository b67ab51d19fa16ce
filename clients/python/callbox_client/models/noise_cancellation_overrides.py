from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.noise_cancellation_overrides_default_type_0 import (
    NoiseCancellationOverridesDefaultType0,
    check_noise_cancellation_overrides_default_type_0,
)
from ..models.noise_cancellation_overrides_engines_type_0_item import (
    NoiseCancellationOverridesEnginesType0Item,
    check_noise_cancellation_overrides_engines_type_0_item,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="NoiseCancellationOverrides")


@_attrs_define
class NoiseCancellationOverrides:
    """Which noise cancellation there is, and which is on (contract 14.10).

    Attributes:
        default (NoiseCancellationOverridesDefaultType0 | None | Unset):
        engines (list[NoiseCancellationOverridesEnginesType0Item] | None | Unset): What the caller may choose from; each
            once.
        level (float | None | Unset): Attenuation limit of `server` in dB.
        user_selectable (bool | None | Unset): Whether the caller may choose.
        model_url (None | str | Unset): Where `rnnoise` is loaded from; null for the bundled.
    """

    default: NoiseCancellationOverridesDefaultType0 | None | Unset = UNSET
    engines: list[NoiseCancellationOverridesEnginesType0Item] | None | Unset = UNSET
    level: float | None | Unset = UNSET
    user_selectable: bool | None | Unset = UNSET
    model_url: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        default: None | str | Unset
        if isinstance(self.default, Unset):
            default = UNSET
        elif isinstance(self.default, str):
            default = self.default
        else:
            default = self.default

        engines: list[str] | None | Unset
        if isinstance(self.engines, Unset):
            engines = UNSET
        elif isinstance(self.engines, list):
            engines = []
            for engines_type_0_item_data in self.engines:
                engines_type_0_item: str = engines_type_0_item_data
                engines.append(engines_type_0_item)

        else:
            engines = self.engines

        level: float | None | Unset
        if isinstance(self.level, Unset):
            level = UNSET
        else:
            level = self.level

        user_selectable: bool | None | Unset
        if isinstance(self.user_selectable, Unset):
            user_selectable = UNSET
        else:
            user_selectable = self.user_selectable

        model_url: None | str | Unset
        if isinstance(self.model_url, Unset):
            model_url = UNSET
        else:
            model_url = self.model_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if default is not UNSET:
            field_dict["default"] = default
        if engines is not UNSET:
            field_dict["engines"] = engines
        if level is not UNSET:
            field_dict["level"] = level
        if user_selectable is not UNSET:
            field_dict["user_selectable"] = user_selectable
        if model_url is not UNSET:
            field_dict["model_url"] = model_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_default(data: object) -> NoiseCancellationOverridesDefaultType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                default_type_0 = check_noise_cancellation_overrides_default_type_0(data)

                return default_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(NoiseCancellationOverridesDefaultType0 | None | Unset, data)

        default = _parse_default(d.pop("default", UNSET))

        def _parse_engines(data: object) -> list[NoiseCancellationOverridesEnginesType0Item] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                engines_type_0 = []
                _engines_type_0 = data
                for engines_type_0_item_data in _engines_type_0:
                    engines_type_0_item = check_noise_cancellation_overrides_engines_type_0_item(
                        engines_type_0_item_data
                    )

                    engines_type_0.append(engines_type_0_item)

                return engines_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[NoiseCancellationOverridesEnginesType0Item] | None | Unset, data)

        engines = _parse_engines(d.pop("engines", UNSET))

        def _parse_level(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        level = _parse_level(d.pop("level", UNSET))

        def _parse_user_selectable(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        user_selectable = _parse_user_selectable(d.pop("user_selectable", UNSET))

        def _parse_model_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        model_url = _parse_model_url(d.pop("model_url", UNSET))

        noise_cancellation_overrides = cls(
            default=default,
            engines=engines,
            level=level,
            user_selectable=user_selectable,
            model_url=model_url,
        )

        noise_cancellation_overrides.additional_properties = d
        return noise_cancellation_overrides

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
