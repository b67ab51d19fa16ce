from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.form_submit_method import FormSubmitMethod, check_form_submit_method
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.form_field import FormField
    from ..models.form_layout import FormLayout
    from ..models.form_step import FormStep


T = TypeVar("T", bound="Form")


@_attrs_define
class Form:
    """A form. Keys that were not set have their default; `fields` and `steps` are as they were set.

    Attributes:
        id (str):
        title (str):
        subtitle (str):
        submit_url (None | str): Where values go; null for form-responses.
        submit_method (FormSubmitMethod):
        submit_label (str):
        success_message (str):
        disabled (bool): A disabled form cannot be opened.
        topics (list[str]): Further data topics that open it.
        event_types (list[str]): Further `type`s of the legacy message that opens it.
        confirmation_topic (str): Data topic on which a submitted form is confirmed.
        confirmation_type (str):
        layout (FormLayout): How the fields are laid out.
        fields (list[FormField] | Unset): Passed over where there are steps.
        steps (list[FormStep] | Unset):
    """

    id: str
    title: str
    subtitle: str
    submit_url: None | str
    submit_method: FormSubmitMethod
    submit_label: str
    success_message: str
    disabled: bool
    topics: list[str]
    event_types: list[str]
    confirmation_topic: str
    confirmation_type: str
    layout: FormLayout
    fields: list[FormField] | Unset = UNSET
    steps: list[FormStep] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        title = self.title

        subtitle = self.subtitle

        submit_url: None | str
        submit_url = self.submit_url

        submit_method: str = self.submit_method

        submit_label = self.submit_label

        success_message = self.success_message

        disabled = self.disabled

        topics = self.topics

        event_types = self.event_types

        confirmation_topic = self.confirmation_topic

        confirmation_type = self.confirmation_type

        layout = self.layout.to_dict()

        fields: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.fields, Unset):
            fields = []
            for fields_item_data in self.fields:
                fields_item = fields_item_data.to_dict()
                fields.append(fields_item)

        steps: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.steps, Unset):
            steps = []
            for steps_item_data in self.steps:
                steps_item = steps_item_data.to_dict()
                steps.append(steps_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
                "subtitle": subtitle,
                "submit_url": submit_url,
                "submit_method": submit_method,
                "submit_label": submit_label,
                "success_message": success_message,
                "disabled": disabled,
                "topics": topics,
                "event_types": event_types,
                "confirmation_topic": confirmation_topic,
                "confirmation_type": confirmation_type,
                "layout": layout,
            }
        )
        if fields is not UNSET:
            field_dict["fields"] = fields
        if steps is not UNSET:
            field_dict["steps"] = steps

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.form_field import FormField  # noqa: PLC0415
        from ..models.form_layout import FormLayout  # noqa: PLC0415
        from ..models.form_step import FormStep  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        title = d.pop("title")

        subtitle = d.pop("subtitle")

        def _parse_submit_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        submit_url = _parse_submit_url(d.pop("submit_url"))

        submit_method = check_form_submit_method(d.pop("submit_method"))

        submit_label = d.pop("submit_label")

        success_message = d.pop("success_message")

        disabled = d.pop("disabled")

        topics = cast(list[str], d.pop("topics"))

        event_types = cast(list[str], d.pop("event_types"))

        confirmation_topic = d.pop("confirmation_topic")

        confirmation_type = d.pop("confirmation_type")

        layout = FormLayout.from_dict(d.pop("layout"))

        _fields = d.pop("fields", UNSET)
        fields: list[FormField] | Unset = UNSET
        if _fields is not UNSET:
            fields = []
            for fields_item_data in _fields:
                fields_item = FormField.from_dict(fields_item_data)

                fields.append(fields_item)

        _steps = d.pop("steps", UNSET)
        steps: list[FormStep] | Unset = UNSET
        if _steps is not UNSET:
            steps = []
            for steps_item_data in _steps:
                steps_item = FormStep.from_dict(steps_item_data)

                steps.append(steps_item)

        form = cls(
            id=id,
            title=title,
            subtitle=subtitle,
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
            fields=fields,
            steps=steps,
        )

        form.additional_properties = d
        return form

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
