from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.character_replacement_background_audio import (
    CharacterReplacementBackgroundAudio,
    check_character_replacement_background_audio,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.appearance_overrides import AppearanceOverrides
    from ..models.character_voice import CharacterVoice
    from ..models.client_event_tool import ClientEventTool
    from ..models.handoff_target import HandoffTarget
    from ..models.http_tool import HttpTool
    from ..models.knowledge_tool import KnowledgeTool
    from ..models.mcp_server import McpServer
    from ..models.mcp_tool import McpTool


T = TypeVar("T", bound="CharacterReplacement")


@_attrs_define
class CharacterReplacement:
    """A whole character; what is not sent takes its default. The slug is that of the path and may be left out.

    Example:
        {'name': 'Support', 'system_prompt': 'You answer calls for a bicycle shop. Saturday: 10 to 16.', 'greeting':
            'Hello, how can I help?', 'language': 'en', 'allowed_origins': ['https://shop.example'], 'widget_appearance':
            {'name': 'Shop', 'theme': {'primary_color': '#6366F1'}}, 'llm_model': 'gpt-4o-mini', 'slug': 'support-bot'}

    Attributes:
        name (str): Display name.
        character_type (str | Unset): Category. Default: ''.
        image (str | Unset): Address of an avatar; below the API's own if it was uploaded. Default: ''.
        system_prompt (str | Unset): Instructions and persona; at most 65,536 bytes of UTF-8. Default: ''.
        greeting (str | Unset): First words of a call; empty means that the agent waits for the caller. Default: ''.
        voice (CharacterVoice | Unset): A voice of the character's own.
        language (str | Unset): BCP-47 tag for hearing and speaking. Default: 'en'.
        background_audio (CharacterReplacementBackgroundAudio | Unset): Ambience mixed into the agent's audio. Default:
            ''.
        allowed_origins (list[str] | Unset): Origins of pages that may start calls; empty means none.
        handoff_targets (list[HandoffTarget] | Unset): Characters the call may be handed to.
        widget_appearance (AppearanceOverrides | Unset): What differs from the default look and behaviour of the widget.
        stt_model (str | Unset): Public name of a recogniser; empty for the default. Default: ''.
        tts_model (str | Unset): Public name of a voice; empty for the default. Default: ''.
        keyterms (list[str] | Unset): Words and names to expect of callers: at most 100 of at most 50 characters. A
            recogniser that can prefers them.
        llm_provider (Literal['openai'] | Unset): Kind of language model endpoint. Default: 'openai'.
        llm_model (str | Unset): Name of the language model; empty for the default. Default: ''.
        llm_api_key (str | Unset): Key for the language model. Read back masked; a mask means unchanged. Default: ''.
        llm_fallbacks (list[str] | Unset): Names of fallback models of the installation that are asked, in this order,
            when the language model fails; empty for all of them. A name that the installation does not know is passed over.
        llm_max_tokens (int | Unset): Longest answer of the language model in tokens, its reasoning included. Default:
            160.
        llm_max_sentences (int | Unset): Sentences after which an answer of the language model ends; 0 for no limit.
            Default: 0.
        tools (list[ClientEventTool | HttpTool | KnowledgeTool | McpTool] | Unset): Tool definitions; values of headers
            are read back masked.
        mcp_servers (list[McpServer] | Unset): MCP servers; values of headers are read back masked.
        max_tool_output_chars (int | Unset): Characters of a tool's answer that the model is shown. Default: 16000.
        max_tool_calls_per_turn (int | Unset): Calls of tools in one turn of the agent. Default: 6.
        max_turn_seconds (int | Unset): Length of one turn of the agent. Default: 35.
        kb_query_url (str | Unset): Address of a knowledge base of your own, for `kb` tools. Default: ''.
        kb_query_api_key (str | Unset): Key for that address. Read back masked; a mask means unchanged. Default: ''.
        kb_auto_context (bool | Unset): Whether passages of the documents are looked up while the caller speaks, for the
            model's answer; works without a `kb` tool. Default: False.
        guided_forms (bool | Unset): Whether an open form is filled without the language model: Callbox asks for its
            values one by one and understands the answers by rules. The model opens the form and answers what is no value.
            Default: False.
        is_active (bool | Unset): A character that is not active takes no calls. Default: True.
        recording_enabled (bool | Unset): Kept, and does nothing yet: calls are not recorded. Default: False.
        documents (list[Any] | Unset): The newest of its knowledge base; passed over when sent.
        slug (str | Unset): As in the path; it never changes.
    """

    name: str
    character_type: str | Unset = ""
    image: str | Unset = ""
    system_prompt: str | Unset = ""
    greeting: str | Unset = ""
    voice: CharacterVoice | Unset = UNSET
    language: str | Unset = "en"
    background_audio: CharacterReplacementBackgroundAudio | Unset = ""
    allowed_origins: list[str] | Unset = UNSET
    handoff_targets: list[HandoffTarget] | Unset = UNSET
    widget_appearance: AppearanceOverrides | Unset = UNSET
    stt_model: str | Unset = ""
    tts_model: str | Unset = ""
    keyterms: list[str] | Unset = UNSET
    llm_provider: Literal["openai"] | Unset = "openai"
    llm_model: str | Unset = ""
    llm_api_key: str | Unset = ""
    llm_fallbacks: list[str] | Unset = UNSET
    llm_max_tokens: int | Unset = 160
    llm_max_sentences: int | Unset = 0
    tools: list[ClientEventTool | HttpTool | KnowledgeTool | McpTool] | Unset = UNSET
    mcp_servers: list[McpServer] | Unset = UNSET
    max_tool_output_chars: int | Unset = 16000
    max_tool_calls_per_turn: int | Unset = 6
    max_turn_seconds: int | Unset = 35
    kb_query_url: str | Unset = ""
    kb_query_api_key: str | Unset = ""
    kb_auto_context: bool | Unset = False
    guided_forms: bool | Unset = False
    is_active: bool | Unset = True
    recording_enabled: bool | Unset = False
    documents: list[Any] | Unset = UNSET
    slug: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.http_tool import HttpTool  # noqa: PLC0415
        from ..models.knowledge_tool import KnowledgeTool  # noqa: PLC0415
        from ..models.mcp_tool import McpTool  # noqa: PLC0415

        name = self.name

        character_type = self.character_type

        image = self.image

        system_prompt = self.system_prompt

        greeting = self.greeting

        voice: dict[str, Any] | Unset = UNSET
        if not isinstance(self.voice, Unset):
            voice = self.voice.to_dict()

        language = self.language

        background_audio: str | Unset = UNSET
        if not isinstance(self.background_audio, Unset):
            background_audio = self.background_audio

        allowed_origins: list[str] | Unset = UNSET
        if not isinstance(self.allowed_origins, Unset):
            allowed_origins = self.allowed_origins

        handoff_targets: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.handoff_targets, Unset):
            handoff_targets = []
            for handoff_targets_item_data in self.handoff_targets:
                handoff_targets_item = handoff_targets_item_data.to_dict()
                handoff_targets.append(handoff_targets_item)

        widget_appearance: dict[str, Any] | Unset = UNSET
        if not isinstance(self.widget_appearance, Unset):
            widget_appearance = self.widget_appearance.to_dict()

        stt_model = self.stt_model

        tts_model = self.tts_model

        keyterms: list[str] | Unset = UNSET
        if not isinstance(self.keyterms, Unset):
            keyterms = self.keyterms

        llm_provider = self.llm_provider

        llm_model = self.llm_model

        llm_api_key = self.llm_api_key

        llm_fallbacks: list[str] | Unset = UNSET
        if not isinstance(self.llm_fallbacks, Unset):
            llm_fallbacks = self.llm_fallbacks

        llm_max_tokens = self.llm_max_tokens

        llm_max_sentences = self.llm_max_sentences

        tools: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.tools, Unset):
            tools = []
            for tools_item_data in self.tools:
                tools_item: dict[str, Any]
                if isinstance(tools_item_data, HttpTool):
                    tools_item = tools_item_data.to_dict()
                elif isinstance(tools_item_data, KnowledgeTool):
                    tools_item = tools_item_data.to_dict()
                elif isinstance(tools_item_data, McpTool):
                    tools_item = tools_item_data.to_dict()
                else:
                    tools_item = tools_item_data.to_dict()

                tools.append(tools_item)

        mcp_servers: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.mcp_servers, Unset):
            mcp_servers = []
            for mcp_servers_item_data in self.mcp_servers:
                mcp_servers_item = mcp_servers_item_data.to_dict()
                mcp_servers.append(mcp_servers_item)

        max_tool_output_chars = self.max_tool_output_chars

        max_tool_calls_per_turn = self.max_tool_calls_per_turn

        max_turn_seconds = self.max_turn_seconds

        kb_query_url = self.kb_query_url

        kb_query_api_key = self.kb_query_api_key

        kb_auto_context = self.kb_auto_context

        guided_forms = self.guided_forms

        is_active = self.is_active

        recording_enabled = self.recording_enabled

        documents: list[Any] | Unset = UNSET
        if not isinstance(self.documents, Unset):
            documents = self.documents

        slug = self.slug

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
            }
        )
        if character_type is not UNSET:
            field_dict["character_type"] = character_type
        if image is not UNSET:
            field_dict["image"] = image
        if system_prompt is not UNSET:
            field_dict["system_prompt"] = system_prompt
        if greeting is not UNSET:
            field_dict["greeting"] = greeting
        if voice is not UNSET:
            field_dict["voice"] = voice
        if language is not UNSET:
            field_dict["language"] = language
        if background_audio is not UNSET:
            field_dict["background_audio"] = background_audio
        if allowed_origins is not UNSET:
            field_dict["allowed_origins"] = allowed_origins
        if handoff_targets is not UNSET:
            field_dict["handoff_targets"] = handoff_targets
        if widget_appearance is not UNSET:
            field_dict["widget_appearance"] = widget_appearance
        if stt_model is not UNSET:
            field_dict["stt_model"] = stt_model
        if tts_model is not UNSET:
            field_dict["tts_model"] = tts_model
        if keyterms is not UNSET:
            field_dict["keyterms"] = keyterms
        if llm_provider is not UNSET:
            field_dict["llm_provider"] = llm_provider
        if llm_model is not UNSET:
            field_dict["llm_model"] = llm_model
        if llm_api_key is not UNSET:
            field_dict["llm_api_key"] = llm_api_key
        if llm_fallbacks is not UNSET:
            field_dict["llm_fallbacks"] = llm_fallbacks
        if llm_max_tokens is not UNSET:
            field_dict["llm_max_tokens"] = llm_max_tokens
        if llm_max_sentences is not UNSET:
            field_dict["llm_max_sentences"] = llm_max_sentences
        if tools is not UNSET:
            field_dict["tools"] = tools
        if mcp_servers is not UNSET:
            field_dict["mcp_servers"] = mcp_servers
        if max_tool_output_chars is not UNSET:
            field_dict["max_tool_output_chars"] = max_tool_output_chars
        if max_tool_calls_per_turn is not UNSET:
            field_dict["max_tool_calls_per_turn"] = max_tool_calls_per_turn
        if max_turn_seconds is not UNSET:
            field_dict["max_turn_seconds"] = max_turn_seconds
        if kb_query_url is not UNSET:
            field_dict["kb_query_url"] = kb_query_url
        if kb_query_api_key is not UNSET:
            field_dict["kb_query_api_key"] = kb_query_api_key
        if kb_auto_context is not UNSET:
            field_dict["kb_auto_context"] = kb_auto_context
        if guided_forms is not UNSET:
            field_dict["guided_forms"] = guided_forms
        if is_active is not UNSET:
            field_dict["is_active"] = is_active
        if recording_enabled is not UNSET:
            field_dict["recording_enabled"] = recording_enabled
        if documents is not UNSET:
            field_dict["documents"] = documents
        if slug is not UNSET:
            field_dict["slug"] = slug

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.appearance_overrides import AppearanceOverrides  # noqa: PLC0415
        from ..models.character_voice import CharacterVoice  # noqa: PLC0415
        from ..models.client_event_tool import ClientEventTool  # noqa: PLC0415
        from ..models.handoff_target import HandoffTarget  # noqa: PLC0415
        from ..models.http_tool import HttpTool  # noqa: PLC0415
        from ..models.knowledge_tool import KnowledgeTool  # noqa: PLC0415
        from ..models.mcp_server import McpServer  # noqa: PLC0415
        from ..models.mcp_tool import McpTool  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        character_type = d.pop("character_type", UNSET)

        image = d.pop("image", UNSET)

        system_prompt = d.pop("system_prompt", UNSET)

        greeting = d.pop("greeting", UNSET)

        _voice = d.pop("voice", UNSET)
        voice: CharacterVoice | Unset
        if isinstance(_voice, Unset):
            voice = UNSET
        else:
            voice = CharacterVoice.from_dict(_voice)

        language = d.pop("language", UNSET)

        _background_audio = d.pop("background_audio", UNSET)
        background_audio: CharacterReplacementBackgroundAudio | Unset
        if isinstance(_background_audio, Unset):
            background_audio = UNSET
        else:
            background_audio = check_character_replacement_background_audio(_background_audio)

        allowed_origins = cast(list[str], d.pop("allowed_origins", UNSET))

        _handoff_targets = d.pop("handoff_targets", UNSET)
        handoff_targets: list[HandoffTarget] | Unset = UNSET
        if _handoff_targets is not UNSET:
            handoff_targets = []
            for handoff_targets_item_data in _handoff_targets:
                handoff_targets_item = HandoffTarget.from_dict(handoff_targets_item_data)

                handoff_targets.append(handoff_targets_item)

        _widget_appearance = d.pop("widget_appearance", UNSET)
        widget_appearance: AppearanceOverrides | Unset
        if isinstance(_widget_appearance, Unset):
            widget_appearance = UNSET
        else:
            widget_appearance = AppearanceOverrides.from_dict(_widget_appearance)

        stt_model = d.pop("stt_model", UNSET)

        tts_model = d.pop("tts_model", UNSET)

        keyterms = cast(list[str], d.pop("keyterms", UNSET))

        llm_provider = cast(Literal["openai"] | Unset, d.pop("llm_provider", UNSET))
        if llm_provider != "openai" and not isinstance(llm_provider, Unset):
            raise ValueError(f"llm_provider must match const 'openai', got '{llm_provider}'")

        llm_model = d.pop("llm_model", UNSET)

        llm_api_key = d.pop("llm_api_key", UNSET)

        llm_fallbacks = cast(list[str], d.pop("llm_fallbacks", UNSET))

        llm_max_tokens = d.pop("llm_max_tokens", UNSET)

        llm_max_sentences = d.pop("llm_max_sentences", UNSET)

        _tools = d.pop("tools", UNSET)
        tools: list[ClientEventTool | HttpTool | KnowledgeTool | McpTool] | Unset = UNSET
        if _tools is not UNSET:
            tools = []
            for tools_item_data in _tools:

                def _parse_tools_item(data: object) -> ClientEventTool | HttpTool | KnowledgeTool | McpTool:
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        tools_item_type_0 = HttpTool.from_dict(data)

                        return tools_item_type_0
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        tools_item_type_1 = KnowledgeTool.from_dict(data)

                        return tools_item_type_1
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    try:
                        if not isinstance(data, dict):
                            raise TypeError()
                        tools_item_type_2 = McpTool.from_dict(data)

                        return tools_item_type_2
                    except (TypeError, ValueError, AttributeError, KeyError):
                        pass
                    if not isinstance(data, dict):
                        raise TypeError()
                    tools_item_type_3 = ClientEventTool.from_dict(data)

                    return tools_item_type_3

                tools_item = _parse_tools_item(tools_item_data)

                tools.append(tools_item)

        _mcp_servers = d.pop("mcp_servers", UNSET)
        mcp_servers: list[McpServer] | Unset = UNSET
        if _mcp_servers is not UNSET:
            mcp_servers = []
            for mcp_servers_item_data in _mcp_servers:
                mcp_servers_item = McpServer.from_dict(mcp_servers_item_data)

                mcp_servers.append(mcp_servers_item)

        max_tool_output_chars = d.pop("max_tool_output_chars", UNSET)

        max_tool_calls_per_turn = d.pop("max_tool_calls_per_turn", UNSET)

        max_turn_seconds = d.pop("max_turn_seconds", UNSET)

        kb_query_url = d.pop("kb_query_url", UNSET)

        kb_query_api_key = d.pop("kb_query_api_key", UNSET)

        kb_auto_context = d.pop("kb_auto_context", UNSET)

        guided_forms = d.pop("guided_forms", UNSET)

        is_active = d.pop("is_active", UNSET)

        recording_enabled = d.pop("recording_enabled", UNSET)

        documents = cast(list[Any], d.pop("documents", UNSET))

        slug = d.pop("slug", UNSET)

        character_replacement = cls(
            name=name,
            character_type=character_type,
            image=image,
            system_prompt=system_prompt,
            greeting=greeting,
            voice=voice,
            language=language,
            background_audio=background_audio,
            allowed_origins=allowed_origins,
            handoff_targets=handoff_targets,
            widget_appearance=widget_appearance,
            stt_model=stt_model,
            tts_model=tts_model,
            keyterms=keyterms,
            llm_provider=llm_provider,
            llm_model=llm_model,
            llm_api_key=llm_api_key,
            llm_fallbacks=llm_fallbacks,
            llm_max_tokens=llm_max_tokens,
            llm_max_sentences=llm_max_sentences,
            tools=tools,
            mcp_servers=mcp_servers,
            max_tool_output_chars=max_tool_output_chars,
            max_tool_calls_per_turn=max_tool_calls_per_turn,
            max_turn_seconds=max_turn_seconds,
            kb_query_url=kb_query_url,
            kb_query_api_key=kb_query_api_key,
            kb_auto_context=kb_auto_context,
            guided_forms=guided_forms,
            is_active=is_active,
            recording_enabled=recording_enabled,
            documents=documents,
            slug=slug,
        )

        character_replacement.additional_properties = d
        return character_replacement

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
