from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.start_session_mcp_headers_type_0 import StartSessionMcpHeadersType0
    from ..models.start_session_metadata_type_0 import StartSessionMetadataType0


T = TypeVar("T", bound="StartSession")


@_attrs_define
class StartSession:
    """Every field but `agent` is optional and overrides the character for this call. Unknown fields are ignored.

    Example:
        {'agent': 'support-bot', 'language': 'en', 'origin_url': 'https://shop.example/help', 'metadata': {'plan':
            'pro', 'user_name': 'Ada'}}

    Attributes:
        agent (str): Slug or id of the character.
        language (None | str | Unset): BCP-47 tag of the language to recognise and speak.
        system_prompt (None | str | Unset): Replaces the prompt; at most 65536 bytes of UTF-8.
        greeting (None | str | Unset): Replaces the greeting of the character.
        voice_model (None | str | Unset): Public name of a voice.
        reference_audio_url (None | str | Unset): WAV or MP3 with the voice that the agent shall have.
        mcp_headers (None | StartSessionMcpHeadersType0 | Unset): Headers for every request to an MCP server in this
            call.
        origin_url (None | str | Unset): Page that started the call; stored for logging.
        metadata (None | StartSessionMetadataType0 | Unset): Your own keys and values for the agent; at most 16384 bytes
            as compact JSON.
    """

    agent: str
    language: None | str | Unset = UNSET
    system_prompt: None | str | Unset = UNSET
    greeting: None | str | Unset = UNSET
    voice_model: None | str | Unset = UNSET
    reference_audio_url: None | str | Unset = UNSET
    mcp_headers: None | StartSessionMcpHeadersType0 | Unset = UNSET
    origin_url: None | str | Unset = UNSET
    metadata: None | StartSessionMetadataType0 | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.start_session_mcp_headers_type_0 import StartSessionMcpHeadersType0  # noqa: PLC0415
        from ..models.start_session_metadata_type_0 import StartSessionMetadataType0  # noqa: PLC0415

        agent = self.agent

        language: None | str | Unset
        if isinstance(self.language, Unset):
            language = UNSET
        else:
            language = self.language

        system_prompt: None | str | Unset
        if isinstance(self.system_prompt, Unset):
            system_prompt = UNSET
        else:
            system_prompt = self.system_prompt

        greeting: None | str | Unset
        if isinstance(self.greeting, Unset):
            greeting = UNSET
        else:
            greeting = self.greeting

        voice_model: None | str | Unset
        if isinstance(self.voice_model, Unset):
            voice_model = UNSET
        else:
            voice_model = self.voice_model

        reference_audio_url: None | str | Unset
        if isinstance(self.reference_audio_url, Unset):
            reference_audio_url = UNSET
        else:
            reference_audio_url = self.reference_audio_url

        mcp_headers: dict[str, Any] | None | Unset
        if isinstance(self.mcp_headers, Unset):
            mcp_headers = UNSET
        elif isinstance(self.mcp_headers, StartSessionMcpHeadersType0):
            mcp_headers = self.mcp_headers.to_dict()
        else:
            mcp_headers = self.mcp_headers

        origin_url: None | str | Unset
        if isinstance(self.origin_url, Unset):
            origin_url = UNSET
        else:
            origin_url = self.origin_url

        metadata: dict[str, Any] | None | Unset
        if isinstance(self.metadata, Unset):
            metadata = UNSET
        elif isinstance(self.metadata, StartSessionMetadataType0):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "agent": agent,
            }
        )
        if language is not UNSET:
            field_dict["language"] = language
        if system_prompt is not UNSET:
            field_dict["system_prompt"] = system_prompt
        if greeting is not UNSET:
            field_dict["greeting"] = greeting
        if voice_model is not UNSET:
            field_dict["voice_model"] = voice_model
        if reference_audio_url is not UNSET:
            field_dict["reference_audio_url"] = reference_audio_url
        if mcp_headers is not UNSET:
            field_dict["mcp_headers"] = mcp_headers
        if origin_url is not UNSET:
            field_dict["origin_url"] = origin_url
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.start_session_mcp_headers_type_0 import StartSessionMcpHeadersType0  # noqa: PLC0415
        from ..models.start_session_metadata_type_0 import StartSessionMetadataType0  # noqa: PLC0415

        d = dict(src_dict)
        agent = d.pop("agent")

        def _parse_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        language = _parse_language(d.pop("language", UNSET))

        def _parse_system_prompt(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        system_prompt = _parse_system_prompt(d.pop("system_prompt", UNSET))

        def _parse_greeting(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        greeting = _parse_greeting(d.pop("greeting", UNSET))

        def _parse_voice_model(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        voice_model = _parse_voice_model(d.pop("voice_model", UNSET))

        def _parse_reference_audio_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reference_audio_url = _parse_reference_audio_url(d.pop("reference_audio_url", UNSET))

        def _parse_mcp_headers(data: object) -> None | StartSessionMcpHeadersType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                mcp_headers_type_0 = StartSessionMcpHeadersType0.from_dict(data)

                return mcp_headers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | StartSessionMcpHeadersType0 | Unset, data)

        mcp_headers = _parse_mcp_headers(d.pop("mcp_headers", UNSET))

        def _parse_origin_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        origin_url = _parse_origin_url(d.pop("origin_url", UNSET))

        def _parse_metadata(data: object) -> None | StartSessionMetadataType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = StartSessionMetadataType0.from_dict(data)

                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | StartSessionMetadataType0 | Unset, data)

        metadata = _parse_metadata(d.pop("metadata", UNSET))

        start_session = cls(
            agent=agent,
            language=language,
            system_prompt=system_prompt,
            greeting=greeting,
            voice_model=voice_model,
            reference_audio_url=reference_audio_url,
            mcp_headers=mcp_headers,
            origin_url=origin_url,
            metadata=metadata,
        )

        start_session.additional_properties = d
        return start_session

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
