from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.form_definition_submit_method_type_0 import (
    FormDefinitionSubmitMethodType0,
    check_form_definition_submit_method_type_0,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.form_field import FormField
    from ..models.form_layout import FormLayout
    from ..models.form_step import FormStep


T = TypeVar("T", bound="FormDefinition")


@_attrs_define
class FormDefinition:
    """A form that the agent can open.

    Attributes:
        id (str):
        title (str):
        subtitle (None | str | Unset):  Default: ''.
        fields (list[FormField] | None | Unset): Passed over where there are steps.
        steps (list[FormStep] | None | Unset):
        submit_url (None | str | Unset): Where values go; null for form-responses.
        submit_method (FormDefinitionSubmitMethodType0 | None | Unset):  Default: 'POST'.
        submit_label (None | str | Unset):  Default: 'Submit'.
        success_message (None | str | Unset):  Default: ''.
        disabled (bool | None | Unset): A disabled form cannot be opened. Default: False.
        topics (list[str] | None | Unset): Further data topics that open it.
        event_types (list[str] | None | Unset): Further `type`s of the legacy message that opens it.
        confirmation_topic (None | str | Unset): Data topic on which a submitted form is confirmed. Default:
            'voice.user_text'.
        confirmation_type (None | str | Unset): `type` of the confirmation; null for the form's id with `_submitted`.
        layout (FormLayout | None | Unset):
    """

    id: str
    title: str
    subtitle: None | str | Unset = ""
    fields: list[FormField] | None | Unset = UNSET
    steps: list[FormStep] | None | Unset = UNSET
    submit_url: None | str | Unset = UNSET
    submit_method: FormDefinitionSubmitMethodType0 | None | Unset = "POST"
    submit_label: None | str | Unset = "Submit"
    success_message: None | str | Unset = ""
    disabled: bool | None | Unset = False
    topics: list[str] | None | Unset = UNSET
    event_types: list[str] | None | Unset = UNSET
    confirmation_topic: None | str | Unset = "voice.user_text"
    confirmation_type: None | str | Unset = UNSET
    layout: FormLayout | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.form_layout import FormLayout  # noqa: PLC0415

        id = self.id

        title = self.title

        subtitle: None | str | Unset
        if isinstance(self.subtitle, Unset):
            subtitle = UNSET
        else:
            subtitle = self.subtitle

        fields: list[dict[str, Any]] | None | Unset
        if isinstance(self.fields, Unset):
            fields = UNSET
        elif isinstance(self.fields, list):
            fields = []
            for fields_type_0_item_data in self.fields:
                fields_type_0_item = fields_type_0_item_data.to_dict()
                fields.append(fields_type_0_item)

        else:
            fields = self.fields

        steps: list[dict[str, Any]] | None | Unset
        if isinstance(self.steps, Unset):
            steps = UNSET
        elif isinstance(self.steps, list):
            steps = []
            for steps_type_0_item_data in self.steps:
                steps_type_0_item = steps_type_0_item_data.to_dict()
                steps.append(steps_type_0_item)

        else:
            steps = self.steps

        submit_url: None | str | Unset
        if isinstance(self.submit_url, Unset):
            submit_url = UNSET
        else:
            submit_url = self.submit_url

        submit_method: None | str | Unset
        if isinstance(self.submit_method, Unset):
            submit_method = UNSET
        elif isinstance(self.submit_method, str):
            submit_method = self.submit_method
        else:
            submit_method = self.submit_method

        submit_label: None | str | Unset
        if isinstance(self.submit_label, Unset):
            submit_label = UNSET
        else:
            submit_label = self.submit_label

        success_message: None | str | Unset
        if isinstance(self.success_message, Unset):
            success_message = UNSET
        else:
            success_message = self.success_message

        disabled: bool | None | Unset
        if isinstance(self.disabled, Unset):
            disabled = UNSET
        else:
            disabled = self.disabled

        topics: list[str] | None | Unset
        if isinstance(self.topics, Unset):
            topics = UNSET
        elif isinstance(self.topics, list):
            topics = self.topics

        else:
            topics = self.topics

        event_types: list[str] | None | Unset
        if isinstance(self.event_types, Unset):
            event_types = UNSET
        elif isinstance(self.event_types, list):
            event_types = self.event_types

        else:
            event_types = self.event_types

        confirmation_topic: None | str | Unset
        if isinstance(self.confirmation_topic, Unset):
            confirmation_topic = UNSET
        else:
            confirmation_topic = self.confirmation_topic

        confirmation_type: None | str | Unset
        if isinstance(self.confirmation_type, Unset):
            confirmation_type = UNSET
        else:
            confirmation_type = self.confirmation_type

        layout: dict[str, Any] | None | Unset
        if isinstance(self.layout, Unset):
            layout = UNSET
        elif isinstance(self.layout, FormLayout):
            layout = self.layout.to_dict()
        else:
            layout = self.layout

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
            }
        )
        if subtitle is not UNSET:
            field_dict["subtitle"] = subtitle
        if fields is not UNSET:
            field_dict["fields"] = fields
        if steps is not UNSET:
            field_dict["steps"] = steps
        if submit_url is not UNSET:
            field_dict["submit_url"] = submit_url
        if submit_method is not UNSET:
            field_dict["submit_method"] = submit_method
        if submit_label is not UNSET:
            field_dict["submit_label"] = submit_label
        if success_message is not UNSET:
            field_dict["success_message"] = success_message
        if disabled is not UNSET:
            field_dict["disabled"] = disabled
        if topics is not UNSET:
            field_dict["topics"] = topics
        if event_types is not UNSET:
            field_dict["event_types"] = event_types
        if confirmation_topic is not UNSET:
            field_dict["confirmation_topic"] = confirmation_topic
        if confirmation_type is not UNSET:
            field_dict["confirmation_type"] = confirmation_type
        if layout is not UNSET:
            field_dict["layout"] = layout

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.form_field import FormField  # noqa: PLC0415
        from ..models.form_layout import FormLayout  # noqa: PLC0415
        from ..models.form_step import FormStep  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        title = d.pop("title")

        def _parse_subtitle(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        subtitle = _parse_subtitle(d.pop("subtitle", UNSET))

        def _parse_fields(data: object) -> list[FormField] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                fields_type_0 = []
                _fields_type_0 = data
                for fields_type_0_item_data in _fields_type_0:
                    fields_type_0_item = FormField.from_dict(fields_type_0_item_data)

                    fields_type_0.append(fields_type_0_item)

                return fields_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[FormField] | None | Unset, data)

        fields = _parse_fields(d.pop("fields", UNSET))

        def _parse_steps(data: object) -> list[FormStep] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                steps_type_0 = []
                _steps_type_0 = data
                for steps_type_0_item_data in _steps_type_0:
                    steps_type_0_item = FormStep.from_dict(steps_type_0_item_data)

                    steps_type_0.append(steps_type_0_item)

                return steps_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[FormStep] | None | Unset, data)

        steps = _parse_steps(d.pop("steps", UNSET))

        def _parse_submit_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        submit_url = _parse_submit_url(d.pop("submit_url", UNSET))

        def _parse_submit_method(data: object) -> FormDefinitionSubmitMethodType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                submit_method_type_0 = check_form_definition_submit_method_type_0(data)

                return submit_method_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FormDefinitionSubmitMethodType0 | None | Unset, data)

        submit_method = _parse_submit_method(d.pop("submit_method", UNSET))

        def _parse_submit_label(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        submit_label = _parse_submit_label(d.pop("submit_label", UNSET))

        def _parse_success_message(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        success_message = _parse_success_message(d.pop("success_message", UNSET))

        def _parse_disabled(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        disabled = _parse_disabled(d.pop("disabled", UNSET))

        def _parse_topics(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                topics_type_0 = cast(list[str], data)

                return topics_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        topics = _parse_topics(d.pop("topics", UNSET))

        def _parse_event_types(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                event_types_type_0 = cast(list[str], data)

                return event_types_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        event_types = _parse_event_types(d.pop("event_types", UNSET))

        def _parse_confirmation_topic(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        confirmation_topic = _parse_confirmation_topic(d.pop("confirmation_topic", UNSET))

        def _parse_confirmation_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        confirmation_type = _parse_confirmation_type(d.pop("confirmation_type", UNSET))

        def _parse_layout(data: object) -> FormLayout | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                layout_type_0 = FormLayout.from_dict(data)

                return layout_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FormLayout | None | Unset, data)

        layout = _parse_layout(d.pop("layout", UNSET))

        form_definition = cls(
            id=id,
            title=title,
            subtitle=subtitle,
            fields=fields,
            steps=steps,
            submit_url=submit_url,
            submit_method=submit_method,
            submit_label=submit_label,
            success_message=success_message,
            disabled=disabled,
            topics=topics,
            event_types=event_types,
            confirmation_topic=confirmation_topic,
            confirmation_type=confirmation_type,
            layout=layout,
        )

        form_definition.additional_properties = d
        return form_definition

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
