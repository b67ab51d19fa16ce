from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.limits import Limits


T = TypeVar("T", bound="Me")


@_attrs_define
class Me:
    """The user of the credential.

    Attributes:
        id (int):
        email (str):
        tenant_id (str):
        is_staff (bool):
        created_at (datetime.datetime):
        limits (Limits): What a tenant may use at the same time.
    """

    id: int
    email: str
    tenant_id: str
    is_staff: bool
    created_at: datetime.datetime
    limits: Limits
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        email = self.email

        tenant_id = self.tenant_id

        is_staff = self.is_staff

        created_at = self.created_at.isoformat()

        limits = self.limits.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "email": email,
                "tenant_id": tenant_id,
                "is_staff": is_staff,
                "created_at": created_at,
                "limits": limits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.limits import Limits  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        email = d.pop("email")

        tenant_id = d.pop("tenant_id")

        is_staff = d.pop("is_staff")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        limits = Limits.from_dict(d.pop("limits"))

        me = cls(
            id=id,
            email=email,
            tenant_id=tenant_id,
            is_staff=is_staff,
            created_at=created_at,
            limits=limits,
        )

        me.additional_properties = d
        return me

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
