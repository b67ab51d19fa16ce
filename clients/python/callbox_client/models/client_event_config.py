from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.client_event_config_headers_type_0 import ClientEventConfigHeadersType0


T = TypeVar("T", bound="ClientEventConfig")


@_attrs_define
class ClientEventConfig:
    """A message to the client.

    Attributes:
        topic (str): Data topic; none of Callbox's own and none that opens a form.
        headers (ClientEventConfigHeadersType0 | None | Unset): Headers of every request. Values are read back masked; a
            mask means unchanged.
        wait_phrases (list[str] | None | Unset): Sentences that the caller hears while the tool runs, one after the
            other, instead of fixed lines.
        await_reply_seconds (float | None | Unset): How long the client's reply is waited for; 0 waits for none.
            Default: 0.0.
    """

    topic: str
    headers: ClientEventConfigHeadersType0 | None | Unset = UNSET
    wait_phrases: list[str] | None | Unset = UNSET
    await_reply_seconds: float | None | Unset = 0.0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.client_event_config_headers_type_0 import ClientEventConfigHeadersType0  # noqa: PLC0415

        topic = self.topic

        headers: dict[str, Any] | None | Unset
        if isinstance(self.headers, Unset):
            headers = UNSET
        elif isinstance(self.headers, ClientEventConfigHeadersType0):
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

        await_reply_seconds: float | None | Unset
        if isinstance(self.await_reply_seconds, Unset):
            await_reply_seconds = UNSET
        else:
            await_reply_seconds = self.await_reply_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "topic": topic,
            }
        )
        if headers is not UNSET:
            field_dict["headers"] = headers
        if wait_phrases is not UNSET:
            field_dict["wait_phrases"] = wait_phrases
        if await_reply_seconds is not UNSET:
            field_dict["await_reply_seconds"] = await_reply_seconds

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.client_event_config_headers_type_0 import ClientEventConfigHeadersType0  # noqa: PLC0415

        d = dict(src_dict)
        topic = d.pop("topic")

        def _parse_headers(data: object) -> ClientEventConfigHeadersType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                headers_type_0 = ClientEventConfigHeadersType0.from_dict(data)

                return headers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ClientEventConfigHeadersType0 | None | Unset, data)

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

        def _parse_await_reply_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        await_reply_seconds = _parse_await_reply_seconds(d.pop("await_reply_seconds", UNSET))

        client_event_config = cls(
            topic=topic,
            headers=headers,
            wait_phrases=wait_phrases,
            await_reply_seconds=await_reply_seconds,
        )

        client_event_config.additional_properties = d
        return client_event_config

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
