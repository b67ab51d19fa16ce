from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.form_response_values import FormResponseValues


T = TypeVar("T", bound="FormResponse")


@_attrs_define
class FormResponse:
    """A stored form response.

    Example:
        {'id': 17, 'form_id': 'book-demo', 'session_id': 'sess_Zk3vQy0N8rT1mJ5sXw2eLb7u', 'values': {'consent': True,
            'email': 'alice@acme.com', 'first_name': 'Alice'}, 'created_at': '2026-01-31T09:30:00.000000Z'}

    Attributes:
        id (int):
        form_id (str):
        session_id (None | str): Null if it was not submitted in a call.
        values (FormResponseValues): As sent, with defaults.
        created_at (datetime.datetime):
    """

    id: int
    form_id: str
    session_id: None | str
    values: FormResponseValues
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        form_id = self.form_id

        session_id: None | str
        session_id = self.session_id

        values = self.values.to_dict()

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "form_id": form_id,
                "session_id": session_id,
                "values": values,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.form_response_values import FormResponseValues  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        form_id = d.pop("form_id")

        def _parse_session_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        session_id = _parse_session_id(d.pop("session_id"))

        values = FormResponseValues.from_dict(d.pop("values"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        form_response = cls(
            id=id,
            form_id=form_id,
            session_id=session_id,
            values=values,
            created_at=created_at,
        )

        form_response.additional_properties = d
        return form_response

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
