from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.dimensions import Dimensions
    from ..models.form import Form
    from ..models.labels import Labels
    from ..models.language import Language
    from ..models.layout import Layout
    from ..models.noise_cancellation import NoiseCancellation
    from ..models.theme import Theme


T = TypeVar("T", bound="Appearance")


@_attrs_define
class Appearance:
    """The complete appearance of a character: overrides merged over defaults.

    Attributes:
        name (str):
        subtitle (str):
        logo_url (str):
        fab_label (str):
        fab_sublabel (str):
        start_button_text (str):
        powered_by_text (str):
        powered_by_url (str):
        theme (Theme): CSS colours.
        dimensions (Dimensions): CSS pixels.
        layout (Layout): Where the widget is placed.
        labels (Labels): Texts of the states of a call.
        languages (list[Language]):
        default_language (str):
        max_call_seconds (int): 0 for no limit.
        terms_url (str): Empty for no consent step.
        terms_label (str):
        consent_text (str):
        show_audio_settings (bool):
        noise_cancellation (NoiseCancellation): The noise cancellation engines that are available, and the default.
        forms (list[Form]):
    """

    name: str
    subtitle: str
    logo_url: str
    fab_label: str
    fab_sublabel: str
    start_button_text: str
    powered_by_text: str
    powered_by_url: str
    theme: Theme
    dimensions: Dimensions
    layout: Layout
    labels: Labels
    languages: list[Language]
    default_language: str
    max_call_seconds: int
    terms_url: str
    terms_label: str
    consent_text: str
    show_audio_settings: bool
    noise_cancellation: NoiseCancellation
    forms: list[Form]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        subtitle = self.subtitle

        logo_url = self.logo_url

        fab_label = self.fab_label

        fab_sublabel = self.fab_sublabel

        start_button_text = self.start_button_text

        powered_by_text = self.powered_by_text

        powered_by_url = self.powered_by_url

        theme = self.theme.to_dict()

        dimensions = self.dimensions.to_dict()

        layout = self.layout.to_dict()

        labels = self.labels.to_dict()

        languages = []
        for languages_item_data in self.languages:
            languages_item = languages_item_data.to_dict()
            languages.append(languages_item)

        default_language = self.default_language

        max_call_seconds = self.max_call_seconds

        terms_url = self.terms_url

        terms_label = self.terms_label

        consent_text = self.consent_text

        show_audio_settings = self.show_audio_settings

        noise_cancellation = self.noise_cancellation.to_dict()

        forms = []
        for forms_item_data in self.forms:
            forms_item = forms_item_data.to_dict()
            forms.append(forms_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "subtitle": subtitle,
                "logo_url": logo_url,
                "fab_label": fab_label,
                "fab_sublabel": fab_sublabel,
                "start_button_text": start_button_text,
                "powered_by_text": powered_by_text,
                "powered_by_url": powered_by_url,
                "theme": theme,
                "dimensions": dimensions,
                "layout": layout,
                "labels": labels,
                "languages": languages,
                "default_language": default_language,
                "max_call_seconds": max_call_seconds,
                "terms_url": terms_url,
                "terms_label": terms_label,
                "consent_text": consent_text,
                "show_audio_settings": show_audio_settings,
                "noise_cancellation": noise_cancellation,
                "forms": forms,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dimensions import Dimensions  # noqa: PLC0415
        from ..models.form import Form  # noqa: PLC0415
        from ..models.labels import Labels  # noqa: PLC0415
        from ..models.language import Language  # noqa: PLC0415
        from ..models.layout import Layout  # noqa: PLC0415
        from ..models.noise_cancellation import NoiseCancellation  # noqa: PLC0415
        from ..models.theme import Theme  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        subtitle = d.pop("subtitle")

        logo_url = d.pop("logo_url")

        fab_label = d.pop("fab_label")

        fab_sublabel = d.pop("fab_sublabel")

        start_button_text = d.pop("start_button_text")

        powered_by_text = d.pop("powered_by_text")

        powered_by_url = d.pop("powered_by_url")

        theme = Theme.from_dict(d.pop("theme"))

        dimensions = Dimensions.from_dict(d.pop("dimensions"))

        layout = Layout.from_dict(d.pop("layout"))

        labels = Labels.from_dict(d.pop("labels"))

        languages = []
        _languages = d.pop("languages")
        for languages_item_data in _languages:
            languages_item = Language.from_dict(languages_item_data)

            languages.append(languages_item)

        default_language = d.pop("default_language")

        max_call_seconds = d.pop("max_call_seconds")

        terms_url = d.pop("terms_url")

        terms_label = d.pop("terms_label")

        consent_text = d.pop("consent_text")

        show_audio_settings = d.pop("show_audio_settings")

        noise_cancellation = NoiseCancellation.from_dict(d.pop("noise_cancellation"))

        forms = []
        _forms = d.pop("forms")
        for forms_item_data in _forms:
            forms_item = Form.from_dict(forms_item_data)

            forms.append(forms_item)

        appearance = cls(
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

        appearance.additional_properties = d
        return appearance

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
