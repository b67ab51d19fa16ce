from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.submit_form_values import SubmitFormValues


T = TypeVar("T", bound="SubmitForm")


@_attrs_define
class SubmitForm:
    """A form response to store. Other keys than these three are ignored.

    Example:
        {'form_id': 'book-demo', 'values': {'consent': True, 'email': 'alice@acme.com', 'first_name': 'Alice'},
            'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u'}

    Attributes:
        form_id (str): Id of the form.
        values (SubmitFormValues): Values by field name; the fields of all steps are in one flat object.
        session_id (None | str | Unset): The call in which the caller filled in the form; of this character.
    """

    form_id: str
    values: SubmitFormValues
    session_id: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        form_id = self.form_id

        values = self.values.to_dict()

        session_id: None | str | Unset
        if isinstance(self.session_id, Unset):
            session_id = UNSET
        else:
            session_id = self.session_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "form_id": form_id,
                "values": values,
            }
        )
        if session_id is not UNSET:
            field_dict["session_id"] = session_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.submit_form_values import SubmitFormValues  # noqa: PLC0415

        d = dict(src_dict)
        form_id = d.pop("form_id")

        values = SubmitFormValues.from_dict(d.pop("values"))

        def _parse_session_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        session_id = _parse_session_id(d.pop("session_id", UNSET))

        submit_form = cls(
            form_id=form_id,
            values=values,
            session_id=session_id,
        )

        submit_form.additional_properties = d
        return submit_form

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
