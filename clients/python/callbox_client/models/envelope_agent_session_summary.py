from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.agent_session_summary import AgentSessionSummary


T = TypeVar("T", bound="EnvelopeAgentSessionSummary")


@_attrs_define
class EnvelopeAgentSessionSummary:
    """
    Attributes:
        success (bool):
        message (str):
        data (AgentSessionSummary): One call and its whole history.
        errors (None):
    """

    success: bool
    message: str
    data: AgentSessionSummary
    errors: None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        message = self.message

        data = self.data.to_dict()

        errors = self.errors

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "message": message,
                "data": data,
                "errors": errors,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent_session_summary import AgentSessionSummary  # noqa: PLC0415

        d = dict(src_dict)
        success = d.pop("success")

        message = d.pop("message")

        data = AgentSessionSummary.from_dict(d.pop("data"))

        errors = d.pop("errors")

        envelope_agent_session_summary = cls(
            success=success,
            message=message,
            data=data,
            errors=errors,
        )

        envelope_agent_session_summary.additional_properties = d
        return envelope_agent_session_summary

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
