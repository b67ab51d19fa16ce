from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.mcp_config_headers_type_0 import McpConfigHeadersType0


T = TypeVar("T", bound="McpConfig")


@_attrs_define
class McpConfig:
    """A tool of one of the character's MCP servers.

    Attributes:
        server_name (str): Name of one of `mcp_servers`.
        tool_name (str): Name of the tool on the server.
        headers (McpConfigHeadersType0 | None | Unset): Headers of every request. Values are read back masked; a mask
            means unchanged.
        wait_phrases (list[str] | None | Unset): Sentences that the caller hears while the tool runs, one after the
            other, instead of fixed lines.
    """

    server_name: str
    tool_name: str
    headers: McpConfigHeadersType0 | None | Unset = UNSET
    wait_phrases: list[str] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.mcp_config_headers_type_0 import McpConfigHeadersType0  # noqa: PLC0415

        server_name = self.server_name

        tool_name = self.tool_name

        headers: dict[str, Any] | None | Unset
        if isinstance(self.headers, Unset):
            headers = UNSET
        elif isinstance(self.headers, McpConfigHeadersType0):
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

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "server_name": server_name,
                "tool_name": tool_name,
            }
        )
        if headers is not UNSET:
            field_dict["headers"] = headers
        if wait_phrases is not UNSET:
            field_dict["wait_phrases"] = wait_phrases

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_config_headers_type_0 import McpConfigHeadersType0  # noqa: PLC0415

        d = dict(src_dict)
        server_name = d.pop("server_name")

        tool_name = d.pop("tool_name")

        def _parse_headers(data: object) -> McpConfigHeadersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                headers_type_0 = McpConfigHeadersType0.from_dict(data)

                return headers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(McpConfigHeadersType0 | None | Unset, data)

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

        mcp_config = cls(
            server_name=server_name,
            tool_name=tool_name,
            headers=headers,
            wait_phrases=wait_phrases,
        )

        mcp_config.additional_properties = d
        return mcp_config

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
