from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.dimensions_overrides import DimensionsOverrides
    from ..models.form_definition import FormDefinition
    from ..models.labels_overrides import LabelsOverrides
    from ..models.language_entry import LanguageEntry
    from ..models.layout_overrides import LayoutOverrides
    from ..models.noise_cancellation_overrides import NoiseCancellationOverrides
    from ..models.theme_overrides import ThemeOverrides


T = TypeVar("T", bound="AppearanceOverrides")


@_attrs_define
class AppearanceOverrides:
    """What differs from the default look and behaviour of the widget.

    Attributes:
        name (None | str | Unset):
        subtitle (None | str | Unset):
        logo_url (None | str | Unset):
        fab_label (None | str | Unset):
        fab_sublabel (None | str | Unset):
        start_button_text (None | str | Unset):
        powered_by_text (None | str | Unset):
        powered_by_url (None | str | Unset):
        theme (None | ThemeOverrides | Unset):
        dimensions (DimensionsOverrides | None | Unset):
        layout (LayoutOverrides | None | Unset):
        labels (LabelsOverrides | None | Unset):
        languages (list[LanguageEntry] | None | Unset): Entries of the language picker, each language once.
        default_language (None | str | Unset):
        max_call_seconds (int | None | Unset): 0 for no limit.
        terms_url (None | str | Unset): Empty for no consent step.
        terms_label (None | str | Unset):
        consent_text (None | str | Unset):
        show_audio_settings (bool | None | Unset):
        noise_cancellation (NoiseCancellationOverrides | None | Unset):
        forms (list[FormDefinition] | None | Unset): Forms that the agent can open.
    """

    name: None | str | Unset = UNSET
    subtitle: None | str | Unset = UNSET
    logo_url: None | str | Unset = UNSET
    fab_label: None | str | Unset = UNSET
    fab_sublabel: None | str | Unset = UNSET
    start_button_text: None | str | Unset = UNSET
    powered_by_text: None | str | Unset = UNSET
    powered_by_url: None | str | Unset = UNSET
    theme: None | ThemeOverrides | Unset = UNSET
    dimensions: DimensionsOverrides | None | Unset = UNSET
    layout: LayoutOverrides | None | Unset = UNSET
    labels: LabelsOverrides | None | Unset = UNSET
    languages: list[LanguageEntry] | None | Unset = UNSET
    default_language: None | str | Unset = UNSET
    max_call_seconds: int | None | Unset = UNSET
    terms_url: None | str | Unset = UNSET
    terms_label: None | str | Unset = UNSET
    consent_text: None | str | Unset = UNSET
    show_audio_settings: bool | None | Unset = UNSET
    noise_cancellation: NoiseCancellationOverrides | None | Unset = UNSET
    forms: list[FormDefinition] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.dimensions_overrides import DimensionsOverrides  # noqa: PLC0415
        from ..models.labels_overrides import LabelsOverrides  # noqa: PLC0415
        from ..models.layout_overrides import LayoutOverrides  # noqa: PLC0415
        from ..models.noise_cancellation_overrides import NoiseCancellationOverrides  # noqa: PLC0415
        from ..models.theme_overrides import ThemeOverrides  # noqa: PLC0415

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        subtitle: None | str | Unset
        if isinstance(self.subtitle, Unset):
            subtitle = UNSET
        else:
            subtitle = self.subtitle

        logo_url: None | str | Unset
        if isinstance(self.logo_url, Unset):
            logo_url = UNSET
        else:
            logo_url = self.logo_url

        fab_label: None | str | Unset
        if isinstance(self.fab_label, Unset):
            fab_label = UNSET
        else:
            fab_label = self.fab_label

        fab_sublabel: None | str | Unset
        if isinstance(self.fab_sublabel, Unset):
            fab_sublabel = UNSET
        else:
            fab_sublabel = self.fab_sublabel

        start_button_text: None | str | Unset
        if isinstance(self.start_button_text, Unset):
            start_button_text = UNSET
        else:
            start_button_text = self.start_button_text

        powered_by_text: None | str | Unset
        if isinstance(self.powered_by_text, Unset):
            powered_by_text = UNSET
        else:
            powered_by_text = self.powered_by_text

        powered_by_url: None | str | Unset
        if isinstance(self.powered_by_url, Unset):
            powered_by_url = UNSET
        else:
            powered_by_url = self.powered_by_url

        theme: dict[str, Any] | None | Unset
        if isinstance(self.theme, Unset):
            theme = UNSET
        elif isinstance(self.theme, ThemeOverrides):
            theme = self.theme.to_dict()
        else:
            theme = self.theme

        dimensions: dict[str, Any] | None | Unset
        if isinstance(self.dimensions, Unset):
            dimensions = UNSET
        elif isinstance(self.dimensions, DimensionsOverrides):
            dimensions = self.dimensions.to_dict()
        else:
            dimensions = self.dimensions

        layout: dict[str, Any] | None | Unset
        if isinstance(self.layout, Unset):
            layout = UNSET
        elif isinstance(self.layout, LayoutOverrides):
            layout = self.layout.to_dict()
        else:
            layout = self.layout

        labels: dict[str, Any] | None | Unset
        if isinstance(self.labels, Unset):
            labels = UNSET
        elif isinstance(self.labels, LabelsOverrides):
            labels = self.labels.to_dict()
        else:
            labels = self.labels

        languages: list[dict[str, Any]] | None | Unset
        if isinstance(self.languages, Unset):
            languages = UNSET
        elif isinstance(self.languages, list):
            languages = []
            for languages_type_0_item_data in self.languages:
                languages_type_0_item = languages_type_0_item_data.to_dict()
                languages.append(languages_type_0_item)

        else:
            languages = self.languages

        default_language: None | str | Unset
        if isinstance(self.default_language, Unset):
            default_language = UNSET
        else:
            default_language = self.default_language

        max_call_seconds: int | None | Unset
        if isinstance(self.max_call_seconds, Unset):
            max_call_seconds = UNSET
        else:
            max_call_seconds = self.max_call_seconds

        terms_url: None | str | Unset
        if isinstance(self.terms_url, Unset):
            terms_url = UNSET
        else:
            terms_url = self.terms_url

        terms_label: None | str | Unset
        if isinstance(self.terms_label, Unset):
            terms_label = UNSET
        else:
            terms_label = self.terms_label

        consent_text: None | str | Unset
        if isinstance(self.consent_text, Unset):
            consent_text = UNSET
        else:
            consent_text = self.consent_text

        show_audio_settings: bool | None | Unset
        if isinstance(self.show_audio_settings, Unset):
            show_audio_settings = UNSET
        else:
            show_audio_settings = self.show_audio_settings

        noise_cancellation: dict[str, Any] | None | Unset
        if isinstance(self.noise_cancellation, Unset):
            noise_cancellation = UNSET
        elif isinstance(self.noise_cancellation, NoiseCancellationOverrides):
            noise_cancellation = self.noise_cancellation.to_dict()
        else:
            noise_cancellation = self.noise_cancellation

        forms: list[dict[str, Any]] | None | Unset
        if isinstance(self.forms, Unset):
            forms = UNSET
        elif isinstance(self.forms, list):
            forms = []
            for forms_type_0_item_data in self.forms:
                forms_type_0_item = forms_type_0_item_data.to_dict()
                forms.append(forms_type_0_item)

        else:
            forms = self.forms

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if subtitle is not UNSET:
            field_dict["subtitle"] = subtitle
        if logo_url is not UNSET:
            field_dict["logo_url"] = logo_url
        if fab_label is not UNSET:
            field_dict["fab_label"] = fab_label
        if fab_sublabel is not UNSET:
            field_dict["fab_sublabel"] = fab_sublabel
        if start_button_text is not UNSET:
            field_dict["start_button_text"] = start_button_text
        if powered_by_text is not UNSET:
            field_dict["powered_by_text"] = powered_by_text
        if powered_by_url is not UNSET:
            field_dict["powered_by_url"] = powered_by_url
        if theme is not UNSET:
            field_dict["theme"] = theme
        if dimensions is not UNSET:
            field_dict["dimensions"] = dimensions
        if layout is not UNSET:
            field_dict["layout"] = layout
        if labels is not UNSET:
            field_dict["labels"] = labels
        if languages is not UNSET:
            field_dict["languages"] = languages
        if default_language is not UNSET:
            field_dict["default_language"] = default_language
        if max_call_seconds is not UNSET:
            field_dict["max_call_seconds"] = max_call_seconds
        if terms_url is not UNSET:
            field_dict["terms_url"] = terms_url
        if terms_label is not UNSET:
            field_dict["terms_label"] = terms_label
        if consent_text is not UNSET:
            field_dict["consent_text"] = consent_text
        if show_audio_settings is not UNSET:
            field_dict["show_audio_settings"] = show_audio_settings
        if noise_cancellation is not UNSET:
            field_dict["noise_cancellation"] = noise_cancellation
        if forms is not UNSET:
            field_dict["forms"] = forms

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dimensions_overrides import DimensionsOverrides  # noqa: PLC0415
        from ..models.form_definition import FormDefinition  # noqa: PLC0415
        from ..models.labels_overrides import LabelsOverrides  # noqa: PLC0415
        from ..models.language_entry import LanguageEntry  # noqa: PLC0415
        from ..models.layout_overrides import LayoutOverrides  # noqa: PLC0415
        from ..models.noise_cancellation_overrides import NoiseCancellationOverrides  # noqa: PLC0415
        from ..models.theme_overrides import ThemeOverrides  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        def _parse_subtitle(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        subtitle = _parse_subtitle(d.pop("subtitle", UNSET))

        def _parse_logo_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        logo_url = _parse_logo_url(d.pop("logo_url", UNSET))

        def _parse_fab_label(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        fab_label = _parse_fab_label(d.pop("fab_label", UNSET))

        def _parse_fab_sublabel(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        fab_sublabel = _parse_fab_sublabel(d.pop("fab_sublabel", UNSET))

        def _parse_start_button_text(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        start_button_text = _parse_start_button_text(d.pop("start_button_text", UNSET))

        def _parse_powered_by_text(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        powered_by_text = _parse_powered_by_text(d.pop("powered_by_text", UNSET))

        def _parse_powered_by_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        powered_by_url = _parse_powered_by_url(d.pop("powered_by_url", UNSET))

        def _parse_theme(data: object) -> None | ThemeOverrides | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                theme_type_0 = ThemeOverrides.from_dict(data)

                return theme_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ThemeOverrides | Unset, data)

        theme = _parse_theme(d.pop("theme", UNSET))

        def _parse_dimensions(data: object) -> DimensionsOverrides | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                dimensions_type_0 = DimensionsOverrides.from_dict(data)

                return dimensions_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DimensionsOverrides | None | Unset, data)

        dimensions = _parse_dimensions(d.pop("dimensions", UNSET))

        def _parse_layout(data: object) -> LayoutOverrides | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                layout_type_0 = LayoutOverrides.from_dict(data)

                return layout_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LayoutOverrides | None | Unset, data)

        layout = _parse_layout(d.pop("layout", UNSET))

        def _parse_labels(data: object) -> LabelsOverrides | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                labels_type_0 = LabelsOverrides.from_dict(data)

                return labels_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(LabelsOverrides | None | Unset, data)

        labels = _parse_labels(d.pop("labels", UNSET))

        def _parse_languages(data: object) -> list[LanguageEntry] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                languages_type_0 = []
                _languages_type_0 = data
                for languages_type_0_item_data in _languages_type_0:
                    languages_type_0_item = LanguageEntry.from_dict(languages_type_0_item_data)

                    languages_type_0.append(languages_type_0_item)

                return languages_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[LanguageEntry] | None | Unset, data)

        languages = _parse_languages(d.pop("languages", UNSET))

        def _parse_default_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        default_language = _parse_default_language(d.pop("default_language", UNSET))

        def _parse_max_call_seconds(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_call_seconds = _parse_max_call_seconds(d.pop("max_call_seconds", UNSET))

        def _parse_terms_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        terms_url = _parse_terms_url(d.pop("terms_url", UNSET))

        def _parse_terms_label(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        terms_label = _parse_terms_label(d.pop("terms_label", UNSET))

        def _parse_consent_text(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        consent_text = _parse_consent_text(d.pop("consent_text", UNSET))

        def _parse_show_audio_settings(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        show_audio_settings = _parse_show_audio_settings(d.pop("show_audio_settings", UNSET))

        def _parse_noise_cancellation(data: object) -> NoiseCancellationOverrides | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                noise_cancellation_type_0 = NoiseCancellationOverrides.from_dict(data)

                return noise_cancellation_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(NoiseCancellationOverrides | None | Unset, data)

        noise_cancellation = _parse_noise_cancellation(d.pop("noise_cancellation", UNSET))

        def _parse_forms(data: object) -> list[FormDefinition] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                forms_type_0 = []
                _forms_type_0 = data
                for forms_type_0_item_data in _forms_type_0:
                    forms_type_0_item = FormDefinition.from_dict(forms_type_0_item_data)

                    forms_type_0.append(forms_type_0_item)

                return forms_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[FormDefinition] | None | Unset, data)

        forms = _parse_forms(d.pop("forms", UNSET))

        appearance_overrides = cls(
            name=name,
            subtitle=subtitle,
            logo_url=logo_url,
            fab_label=fab_label,
            fab_sublabel=fab_sublabel,
            start_button_text=start_button_text,
            powered_by_text=powered_by_text,
            powered_by_url=powered_by_url,
            theme=theme,
            dimensions=dimensions,
            layout=layout,
            labels=labels,
            languages=languages,
            default_language=default_language,
            max_call_seconds=max_call_seconds,
            terms_url=terms_url,
            terms_label=terms_label,
            consent_text=consent_text,
            show_audio_settings=show_audio_settings,
            noise_cancellation=noise_cancellation,
            forms=forms,
        )

        appearance_overrides.additional_properties = d
        return appearance_overrides

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
