from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.mcp_server_transport_type_0 import McpServerTransportType0, check_mcp_server_transport_type_0
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.mcp_server_headers_type_0 import McpServerHeadersType0


T = TypeVar("T", bound="McpServer")


@_attrs_define
class McpServer:
    """A server whose tools the character may use.

    Attributes:
        name (str): Name by which tools refer to it.
        url (str): Its endpoint.
        transport (McpServerTransportType0 | None | Unset): `streamable_http`: MCP's own; `sse`: an event stream;
            `http_json`: one JSON answer to each POST. Default: 'streamable_http'.
        headers (McpServerHeadersType0 | None | Unset): Headers of every request. Values are read back masked; a mask
            means unchanged.
        timeout_seconds (float | None | Unset): Deadline of one call. Default: 12.0.
        is_active (bool | None | Unset): `false` switches the server off. Default: True.
    """

    name: str
    url: str
    transport: McpServerTransportType0 | None | Unset = "streamable_http"
    headers: McpServerHeadersType0 | None | Unset = UNSET
    timeout_seconds: float | None | Unset = 12.0
    is_active: bool | None | Unset = True
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.mcp_server_headers_type_0 import McpServerHeadersType0  # noqa: PLC0415

        name = self.name

        url = self.url

        transport: None | str | Unset
        if isinstance(self.transport, Unset):
            transport = UNSET
        elif isinstance(self.transport, str):
            transport = self.transport
        else:
            transport = self.transport

        headers: dict[str, Any] | None | Unset
        if isinstance(self.headers, Unset):
            headers = UNSET
        elif isinstance(self.headers, McpServerHeadersType0):
            headers = self.headers.to_dict()
        else:
            headers = self.headers

        timeout_seconds: float | None | Unset
        if isinstance(self.timeout_seconds, Unset):
            timeout_seconds = UNSET
        else:
            timeout_seconds = self.timeout_seconds

        is_active: bool | None | Unset
        if isinstance(self.is_active, Unset):
            is_active = UNSET
        else:
            is_active = self.is_active

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "url": url,
            }
        )
        if transport is not UNSET:
            field_dict["transport"] = transport
        if headers is not UNSET:
            field_dict["headers"] = headers
        if timeout_seconds is not UNSET:
            field_dict["timeout_seconds"] = timeout_seconds
        if is_active is not UNSET:
            field_dict["is_active"] = is_active

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_server_headers_type_0 import McpServerHeadersType0  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        url = d.pop("url")

        def _parse_transport(data: object) -> McpServerTransportType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                transport_type_0 = check_mcp_server_transport_type_0(data)

                return transport_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(McpServerTransportType0 | None | Unset, data)

        transport = _parse_transport(d.pop("transport", UNSET))

        def _parse_headers(data: object) -> McpServerHeadersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                headers_type_0 = McpServerHeadersType0.from_dict(data)

                return headers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(McpServerHeadersType0 | None | Unset, data)

        headers = _parse_headers(d.pop("headers", UNSET))

        def _parse_timeout_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        timeout_seconds = _parse_timeout_seconds(d.pop("timeout_seconds", UNSET))

        def _parse_is_active(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        is_active = _parse_is_active(d.pop("is_active", UNSET))

        mcp_server = cls(
            name=name,
            url=url,
            transport=transport,
            headers=headers,
            timeout_seconds=timeout_seconds,
            is_active=is_active,
        )

        mcp_server.additional_properties = d
        return mcp_server

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
