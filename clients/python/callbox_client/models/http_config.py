from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.http_config_method_type_0 import HttpConfigMethodType0, check_http_config_method_type_0
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.http_config_headers_type_0 import HttpConfigHeadersType0


T = TypeVar("T", bound="HttpConfig")


@_attrs_define
class HttpConfig:
    """A request to an address of the owner.

    Attributes:
        url (str): Absolute URL.
        headers (HttpConfigHeadersType0 | None | Unset): Headers of every request. Values are read back masked; a mask
            means unchanged.
        wait_phrases (list[str] | None | Unset): Sentences that the caller hears while the tool runs, one after the
            other, instead of fixed lines.
        method (HttpConfigMethodType0 | None | Unset): Arguments go into the body as JSON, those of GET and DELETE into
            the query. Default: 'POST'.
        timeout_seconds (float | None | Unset): After this long the model is told that the request timed out. Default:
            10.0.
        send_session (bool | None | Unset): Whether `_session` is sent: the session's id and its metadata. Default:
            True.
    """

    url: str
    headers: HttpConfigHeadersType0 | None | Unset = UNSET
    wait_phrases: list[str] | None | Unset = UNSET
    method: HttpConfigMethodType0 | None | Unset = "POST"
    timeout_seconds: float | None | Unset = 10.0
    send_session: bool | None | Unset = True
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.http_config_headers_type_0 import HttpConfigHeadersType0  # noqa: PLC0415

        url = self.url

        headers: dict[str, Any] | None | Unset
        if isinstance(self.headers, Unset):
            headers = UNSET
        elif isinstance(self.headers, HttpConfigHeadersType0):
            headers = self.headers.to_dict()
        else:
            headers = self.headers

        wait_phrases: list[str] | None | Unset
        if isinstance(self.wait_phrases, Unset):
            wait_phrases = UNSET
        elif isinstance(self.wait_phrases, list):
            wait_phrases = self.wait_phrases

        else:
            wait_phrases = self.wait_phrases

        method: None | str | Unset
        if isinstance(self.method, Unset):
            method = UNSET
        elif isinstance(self.method, str):
            method = self.method
        else:
            method = self.method

        timeout_seconds: float | None | Unset
        if isinstance(self.timeout_seconds, Unset):
            timeout_seconds = UNSET
        else:
            timeout_seconds = self.timeout_seconds

        send_session: bool | None | Unset
        if isinstance(self.send_session, Unset):
            send_session = UNSET
        else:
            send_session = self.send_session

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "url": url,
            }
        )
        if headers is not UNSET:
            field_dict["headers"] = headers
        if wait_phrases is not UNSET:
            field_dict["wait_phrases"] = wait_phrases
        if method is not UNSET:
            field_dict["method"] = method
        if timeout_seconds is not UNSET:
            field_dict["timeout_seconds"] = timeout_seconds
        if send_session is not UNSET:
            field_dict["send_session"] = send_session

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.http_config_headers_type_0 import HttpConfigHeadersType0  # noqa: PLC0415

        d = dict(src_dict)
        url = d.pop("url")

        def _parse_headers(data: object) -> HttpConfigHeadersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                headers_type_0 = HttpConfigHeadersType0.from_dict(data)

                return headers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HttpConfigHeadersType0 | None | Unset, data)

        headers = _parse_headers(d.pop("headers", UNSET))

        def _parse_wait_phrases(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                wait_phrases_type_0 = cast(list[str], data)

                return wait_phrases_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        wait_phrases = _parse_wait_phrases(d.pop("wait_phrases", UNSET))

        def _parse_method(data: object) -> HttpConfigMethodType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                method_type_0 = check_http_config_method_type_0(data)

                return method_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HttpConfigMethodType0 | None | Unset, data)

        method = _parse_method(d.pop("method", UNSET))

        def _parse_timeout_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        timeout_seconds = _parse_timeout_seconds(d.pop("timeout_seconds", UNSET))

        def _parse_send_session(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        send_session = _parse_send_session(d.pop("send_session", UNSET))

        http_config = cls(
            url=url,
            headers=headers,
            wait_phrases=wait_phrases,
            method=method,
            timeout_seconds=timeout_seconds,
            send_session=send_session,
        )

        http_config.additional_properties = d
        return http_config

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
