from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.code import Code, check_code

if TYPE_CHECKING:
    from ..models.error_body_errors import ErrorBodyErrors


T = TypeVar("T", bound="ErrorBody")


@_attrs_define
class ErrorBody:
    """The body of every error.

    Example:
        {'success': False, 'message': 'agent: Field required', 'data': None, 'errors': {'agent': ['Field required']},
            'code': 'validation_failed', 'request_id': 'req_Zk3vQy0N8rT1mJ5sXw2eLb7u'}

    Attributes:
        success (bool):  Default: False.
        message (str): One sentence that says what is wrong and what to do.
        data (None):
        errors (ErrorBodyErrors): Errors by field path; empty when the error is not about a field.
        code (Code): Stable error codes of the HTTP contract (14.1).
        request_id (str): The same as the header X-Request-Id.
    """

    message: str
    data: None
    errors: ErrorBodyErrors
    code: Code
    request_id: str
    success: bool = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        message = self.message

        data = self.data

        errors = self.errors.to_dict()

        code: str = self.code

        request_id = self.request_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "success": success,
                "message": message,
                "data": data,
                "errors": errors,
                "code": code,
                "request_id": request_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.error_body_errors import ErrorBodyErrors  # noqa: PLC0415

        d = dict(src_dict)
        success = d.pop("success")

        message = d.pop("message")

        data = d.pop("data")

        errors = ErrorBodyErrors.from_dict(d.pop("errors"))

        code = check_code(d.pop("code"))

        request_id = d.pop("request_id")

        error_body = cls(
            success=success,
            message=message,
            data=data,
            errors=errors,
            code=code,
            request_id=request_id,
        )

        error_body.additional_properties = d
        return error_body

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
