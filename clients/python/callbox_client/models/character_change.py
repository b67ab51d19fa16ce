from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.character_change_background_audio_type_0 import (
    CharacterChangeBackgroundAudioType0,
    check_character_change_background_audio_type_0,
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


T = TypeVar("T", bound="CharacterChange")


@_attrs_define
class CharacterChange:
    """Fields of a character; one that is not sent keeps its value, `null` resets it to its default.

    Example:
        {'allowed_origins': ['https://shop.example']}

    Attributes:
        name (str | Unset): Display name.
        character_type (None | str | Unset): Category.
        image (None | str | Unset): Address of an avatar; below the API's own if it was uploaded.
        system_prompt (None | str | Unset): Instructions and persona; at most 65,536 bytes of UTF-8.
        greeting (None | str | Unset): First words of a call; empty means that the agent waits for the caller.
        voice (CharacterVoice | None | Unset): `audio_file` and `voice_url`.
        language (None | str | Unset): BCP-47 tag for hearing and speaking.
        background_audio (CharacterChangeBackgroundAudioType0 | None | Unset): Ambience mixed into the agent's audio.
        allowed_origins (list[str] | None | Unset): Origins of pages that may start calls; empty means none.
        handoff_targets (list[HandoffTarget] | None | Unset): Characters the call may be handed to.
        widget_appearance (AppearanceOverrides | None | Unset): Overrides of the widget's appearance; holds `forms`. At
            most 262,144 bytes of UTF-8 as compact JSON.
        stt_model (None | str | Unset): Public name of a recogniser; empty for the default.
        tts_model (None | str | Unset): Public name of a voice; empty for the default.
        keyterms (list[str] | None | Unset): Words and names to expect of callers: at most 100 of at most 50 characters.
            A recogniser that can prefers them.
        llm_provider (Literal['openai'] | None | Unset): Kind of language model endpoint.
        llm_model (None | str | Unset): Name of the language model; empty for the default.
        llm_api_key (None | str | Unset): Key for the language model. Read back masked; a mask means unchanged.
        llm_fallbacks (list[str] | None | Unset): Names of fallback models of the installation that are asked, in this
            order, when the language model fails; empty for all of them. A name that the installation does not know is
            passed over.
        llm_max_tokens (int | None | Unset): Longest answer of the language model in tokens, its reasoning included.
        llm_max_sentences (int | None | Unset): Sentences after which an answer of the language model ends; 0 for no
            limit.
        tools (list[ClientEventTool | HttpTool | KnowledgeTool | McpTool] | None | Unset): Tool definitions; values of
            headers are read back masked.
        mcp_servers (list[McpServer] | None | Unset): MCP servers; values of headers are read back masked.
        max_tool_output_chars (int | None | Unset): Characters of a tool's answer that the model is shown.
        max_tool_calls_per_turn (int | None | Unset): Calls of tools in one turn of the agent.
        max_turn_seconds (int | None | Unset): Length of one turn of the agent.
        kb_query_url (None | str | Unset): Address of a knowledge base of your own, for `kb` tools.
        kb_query_api_key (None | str | Unset): Key for that address. Read back masked; a mask means unchanged.
        kb_auto_context (bool | None | Unset): Whether passages of the documents are looked up while the caller speaks,
            for the model's answer; works without a `kb` tool.
        guided_forms (bool | None | Unset): Whether an open form is filled without the language model: Callbox asks for
            its values one by one and understands the answers by rules. The model opens the form and answers what is no
            value.
        is_active (bool | None | Unset): A character that is not active takes no calls.
        recording_enabled (bool | None | Unset): Kept, and does nothing yet: calls are not recorded.
        documents (list[Any] | None | Unset): The newest of its knowledge base; passed over when sent.
    """

    name: str | Unset = UNSET
    character_type: None | str | Unset = UNSET
    image: None | str | Unset = UNSET
    system_prompt: None | str | Unset = UNSET
    greeting: None | str | Unset = UNSET
    voice: CharacterVoice | None | Unset = UNSET
    language: None | str | Unset = UNSET
    background_audio: CharacterChangeBackgroundAudioType0 | None | Unset = UNSET
    allowed_origins: list[str] | None | Unset = UNSET
    handoff_targets: list[HandoffTarget] | None | Unset = UNSET
    widget_appearance: AppearanceOverrides | None | Unset = UNSET
    stt_model: None | str | Unset = UNSET
    tts_model: None | str | Unset = UNSET
    keyterms: list[str] | None | Unset = UNSET
    llm_provider: Literal["openai"] | None | Unset = UNSET
    llm_model: None | str | Unset = UNSET
    llm_api_key: None | str | Unset = UNSET
    llm_fallbacks: list[str] | None | Unset = UNSET
    llm_max_tokens: int | None | Unset = UNSET
    llm_max_sentences: int | None | Unset = UNSET
    tools: list[ClientEventTool | HttpTool | KnowledgeTool | McpTool] | None | Unset = UNSET
    mcp_servers: list[McpServer] | None | Unset = UNSET
    max_tool_output_chars: int | None | Unset = UNSET
    max_tool_calls_per_turn: int | None | Unset = UNSET
    max_turn_seconds: int | None | Unset = UNSET
    kb_query_url: None | str | Unset = UNSET
    kb_query_api_key: None | str | Unset = UNSET
    kb_auto_context: bool | None | Unset = UNSET
    guided_forms: bool | None | Unset = UNSET
    is_active: bool | None | Unset = UNSET
    recording_enabled: bool | None | Unset = UNSET
    documents: list[Any] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.appearance_overrides import AppearanceOverrides  # noqa: PLC0415
        from ..models.character_voice import CharacterVoice  # noqa: PLC0415
        from ..models.http_tool import HttpTool  # noqa: PLC0415
        from ..models.knowledge_tool import KnowledgeTool  # noqa: PLC0415
        from ..models.mcp_tool import McpTool  # noqa: PLC0415

        name = self.name

        character_type: None | str | Unset
        if isinstance(self.character_type, Unset):
            character_type = UNSET
        else:
            character_type = self.character_type

        image: None | str | Unset
        if isinstance(self.image, Unset):
            image = UNSET
        else:
            image = self.image

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

        voice: dict[str, Any] | None | Unset
        if isinstance(self.voice, Unset):
            voice = UNSET
        elif isinstance(self.voice, CharacterVoice):
            voice = self.voice.to_dict()
        else:
            voice = self.voice

        language: None | str | Unset
        if isinstance(self.language, Unset):
            language = UNSET
        else:
            language = self.language

        background_audio: None | str | Unset
        if isinstance(self.background_audio, Unset):
            background_audio = UNSET
        elif isinstance(self.background_audio, str):
            background_audio = self.background_audio
        else:
            background_audio = self.background_audio

        allowed_origins: list[str] | None | Unset
        if isinstance(self.allowed_origins, Unset):
            allowed_origins = UNSET
        elif isinstance(self.allowed_origins, list):
            allowed_origins = self.allowed_origins

        else:
            allowed_origins = self.allowed_origins

        handoff_targets: list[dict[str, Any]] | None | Unset
        if isinstance(self.handoff_targets, Unset):
            handoff_targets = UNSET
        elif isinstance(self.handoff_targets, list):
            handoff_targets = []
            for handoff_targets_type_0_item_data in self.handoff_targets:
                handoff_targets_type_0_item = handoff_targets_type_0_item_data.to_dict()
                handoff_targets.append(handoff_targets_type_0_item)

        else:
            handoff_targets = self.handoff_targets

        widget_appearance: dict[str, Any] | None | Unset
        if isinstance(self.widget_appearance, Unset):
            widget_appearance = UNSET
        elif isinstance(self.widget_appearance, AppearanceOverrides):
            widget_appearance = self.widget_appearance.to_dict()
        else:
            widget_appearance = self.widget_appearance

        stt_model: None | str | Unset
        if isinstance(self.stt_model, Unset):
            stt_model = UNSET
        else:
            stt_model = self.stt_model

        tts_model: None | str | Unset
        if isinstance(self.tts_model, Unset):
            tts_model = UNSET
        else:
            tts_model = self.tts_model

        keyterms: list[str] | None | Unset
        if isinstance(self.keyterms, Unset):
            keyterms = UNSET
        elif isinstance(self.keyterms, list):
            keyterms = self.keyterms

        else:
            keyterms = self.keyterms

        llm_provider: Literal["openai"] | None | Unset
        if isinstance(self.llm_provider, Unset):
            llm_provider = UNSET
        else:
            llm_provider = self.llm_provider

        llm_model: None | str | Unset
        if isinstance(self.llm_model, Unset):
            llm_model = UNSET
        else:
            llm_model = self.llm_model

        llm_api_key: None | str | Unset
        if isinstance(self.llm_api_key, Unset):
            llm_api_key = UNSET
        else:
            llm_api_key = self.llm_api_key

        llm_fallbacks: list[str] | None | Unset
        if isinstance(self.llm_fallbacks, Unset):
            llm_fallbacks = UNSET
        elif isinstance(self.llm_fallbacks, list):
            llm_fallbacks = self.llm_fallbacks

        else:
            llm_fallbacks = self.llm_fallbacks

        llm_max_tokens: int | None | Unset
        if isinstance(self.llm_max_tokens, Unset):
            llm_max_tokens = UNSET
        else:
            llm_max_tokens = self.llm_max_tokens

        llm_max_sentences: int | None | Unset
        if isinstance(self.llm_max_sentences, Unset):
            llm_max_sentences = UNSET
        else:
            llm_max_sentences = self.llm_max_sentences

        tools: list[dict[str, Any]] | None | Unset
        if isinstance(self.tools, Unset):
            tools = UNSET
        elif isinstance(self.tools, list):
            tools = []
            for tools_type_0_item_data in self.tools:
                tools_type_0_item: dict[str, Any]
                if isinstance(tools_type_0_item_data, HttpTool):
                    tools_type_0_item = tools_type_0_item_data.to_dict()
                elif isinstance(tools_type_0_item_data, KnowledgeTool):
                    tools_type_0_item = tools_type_0_item_data.to_dict()
                elif isinstance(tools_type_0_item_data, McpTool):
                    tools_type_0_item = tools_type_0_item_data.to_dict()
                else:
                    tools_type_0_item = tools_type_0_item_data.to_dict()

                tools.append(tools_type_0_item)

        else:
            tools = self.tools

        mcp_servers: list[dict[str, Any]] | None | Unset
        if isinstance(self.mcp_servers, Unset):
            mcp_servers = UNSET
        elif isinstance(self.mcp_servers, list):
            mcp_servers = []
            for mcp_servers_type_0_item_data in self.mcp_servers:
                mcp_servers_type_0_item = mcp_servers_type_0_item_data.to_dict()
                mcp_servers.append(mcp_servers_type_0_item)

        else:
            mcp_servers = self.mcp_servers

        max_tool_output_chars: int | None | Unset
        if isinstance(self.max_tool_output_chars, Unset):
            max_tool_output_chars = UNSET
        else:
            max_tool_output_chars = self.max_tool_output_chars

        max_tool_calls_per_turn: int | None | Unset
        if isinstance(self.max_tool_calls_per_turn, Unset):
            max_tool_calls_per_turn = UNSET
        else:
            max_tool_calls_per_turn = self.max_tool_calls_per_turn

        max_turn_seconds: int | None | Unset
        if isinstance(self.max_turn_seconds, Unset):
            max_turn_seconds = UNSET
        else:
            max_turn_seconds = self.max_turn_seconds

        kb_query_url: None | str | Unset
        if isinstance(self.kb_query_url, Unset):
            kb_query_url = UNSET
        else:
            kb_query_url = self.kb_query_url

        kb_query_api_key: None | str | Unset
        if isinstance(self.kb_query_api_key, Unset):
            kb_query_api_key = UNSET
        else:
            kb_query_api_key = self.kb_query_api_key

        kb_auto_context: bool | None | Unset
        if isinstance(self.kb_auto_context, Unset):
            kb_auto_context = UNSET
        else:
            kb_auto_context = self.kb_auto_context

        guided_forms: bool | None | Unset
        if isinstance(self.guided_forms, Unset):
            guided_forms = UNSET
        else:
            guided_forms = self.guided_forms

        is_active: bool | None | Unset
        if isinstance(self.is_active, Unset):
            is_active = UNSET
        else:
            is_active = self.is_active

        recording_enabled: bool | None | Unset
        if isinstance(self.recording_enabled, Unset):
            recording_enabled = UNSET
        else:
            recording_enabled = self.recording_enabled

        documents: list[Any] | None | Unset
        if isinstance(self.documents, Unset):
            documents = UNSET
        elif isinstance(self.documents, list):
            documents = self.documents

        else:
            documents = self.documents

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
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
        name = d.pop("name", UNSET)

        def _parse_character_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        character_type = _parse_character_type(d.pop("character_type", UNSET))

        def _parse_image(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        image = _parse_image(d.pop("image", UNSET))

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

        def _parse_voice(data: object) -> CharacterVoice | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                voice_type_0 = CharacterVoice.from_dict(data)

                return voice_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CharacterVoice | None | Unset, data)

        voice = _parse_voice(d.pop("voice", UNSET))

        def _parse_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        language = _parse_language(d.pop("language", UNSET))

        def _parse_background_audio(data: object) -> CharacterChangeBackgroundAudioType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                background_audio_type_0 = check_character_change_background_audio_type_0(data)

                return background_audio_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CharacterChangeBackgroundAudioType0 | None | Unset, data)

        background_audio = _parse_background_audio(d.pop("background_audio", UNSET))

        def _parse_allowed_origins(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                allowed_origins_type_0 = cast(list[str], data)

                return allowed_origins_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        allowed_origins = _parse_allowed_origins(d.pop("allowed_origins", UNSET))

        def _parse_handoff_targets(data: object) -> list[HandoffTarget] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                handoff_targets_type_0 = []
                _handoff_targets_type_0 = data
                for handoff_targets_type_0_item_data in _handoff_targets_type_0:
                    handoff_targets_type_0_item = HandoffTarget.from_dict(handoff_targets_type_0_item_data)

                    handoff_targets_type_0.append(handoff_targets_type_0_item)

                return handoff_targets_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[HandoffTarget] | None | Unset, data)

        handoff_targets = _parse_handoff_targets(d.pop("handoff_targets", UNSET))

        def _parse_widget_appearance(data: object) -> AppearanceOverrides | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                widget_appearance_type_0 = AppearanceOverrides.from_dict(data)

                return widget_appearance_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AppearanceOverrides | None | Unset, data)

        widget_appearance = _parse_widget_appearance(d.pop("widget_appearance", UNSET))

        def _parse_stt_model(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        stt_model = _parse_stt_model(d.pop("stt_model", UNSET))

        def _parse_tts_model(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tts_model = _parse_tts_model(d.pop("tts_model", UNSET))

        def _parse_keyterms(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                keyterms_type_0 = cast(list[str], data)

                return keyterms_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        keyterms = _parse_keyterms(d.pop("keyterms", UNSET))

        def _parse_llm_provider(data: object) -> Literal["openai"] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            llm_provider_type_0 = cast(Literal["openai"], data)
            if llm_provider_type_0 != "openai":
                raise ValueError(f"llm_provider_type_0 must match const 'openai', got '{llm_provider_type_0}'")
            return llm_provider_type_0
            return cast(Literal["openai"] | None | Unset, data)

        llm_provider = _parse_llm_provider(d.pop("llm_provider", UNSET))

        def _parse_llm_model(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        llm_model = _parse_llm_model(d.pop("llm_model", UNSET))

        def _parse_llm_api_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        llm_api_key = _parse_llm_api_key(d.pop("llm_api_key", UNSET))

        def _parse_llm_fallbacks(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                llm_fallbacks_type_0 = cast(list[str], data)

                return llm_fallbacks_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        llm_fallbacks = _parse_llm_fallbacks(d.pop("llm_fallbacks", UNSET))

        def _parse_llm_max_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        llm_max_tokens = _parse_llm_max_tokens(d.pop("llm_max_tokens", UNSET))

        def _parse_llm_max_sentences(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        llm_max_sentences = _parse_llm_max_sentences(d.pop("llm_max_sentences", UNSET))

        def _parse_tools(data: object) -> list[ClientEventTool | HttpTool | KnowledgeTool | McpTool] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tools_type_0 = []
                _tools_type_0 = data
                for tools_type_0_item_data in _tools_type_0:

                    def _parse_tools_type_0_item(data: object) -> ClientEventTool | HttpTool | KnowledgeTool | McpTool:
                        try:
                            if not isinstance(data, dict):
                                raise TypeError()
                            tools_type_0_item_type_0 = HttpTool.from_dict(data)

                            return tools_type_0_item_type_0
                        except (TypeError, ValueError, AttributeError, KeyError):
                            pass
                        try:
                            if not isinstance(data, dict):
                                raise TypeError()
                            tools_type_0_item_type_1 = KnowledgeTool.from_dict(data)

                            return tools_type_0_item_type_1
                        except (TypeError, ValueError, AttributeError, KeyError):
                            pass
                        try:
                            if not isinstance(data, dict):
                                raise TypeError()
                            tools_type_0_item_type_2 = McpTool.from_dict(data)

                            return tools_type_0_item_type_2
                        except (TypeError, ValueError, AttributeError, KeyError):
                            pass
                        if not isinstance(data, dict):
                            raise TypeError()
                        tools_type_0_item_type_3 = ClientEventTool.from_dict(data)

                        return tools_type_0_item_type_3

                    tools_type_0_item = _parse_tools_type_0_item(tools_type_0_item_data)

                    tools_type_0.append(tools_type_0_item)

                return tools_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[ClientEventTool | HttpTool | KnowledgeTool | McpTool] | None | Unset, data)

        tools = _parse_tools(d.pop("tools", UNSET))

        def _parse_mcp_servers(data: object) -> list[McpServer] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                mcp_servers_type_0 = []
                _mcp_servers_type_0 = data
                for mcp_servers_type_0_item_data in _mcp_servers_type_0:
                    mcp_servers_type_0_item = McpServer.from_dict(mcp_servers_type_0_item_data)

                    mcp_servers_type_0.append(mcp_servers_type_0_item)

                return mcp_servers_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[McpServer] | None | Unset, data)

        mcp_servers = _parse_mcp_servers(d.pop("mcp_servers", UNSET))

        def _parse_max_tool_output_chars(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_tool_output_chars = _parse_max_tool_output_chars(d.pop("max_tool_output_chars", UNSET))

        def _parse_max_tool_calls_per_turn(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_tool_calls_per_turn = _parse_max_tool_calls_per_turn(d.pop("max_tool_calls_per_turn", UNSET))

        def _parse_max_turn_seconds(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_turn_seconds = _parse_max_turn_seconds(d.pop("max_turn_seconds", UNSET))

        def _parse_kb_query_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        kb_query_url = _parse_kb_query_url(d.pop("kb_query_url", UNSET))

        def _parse_kb_query_api_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        kb_query_api_key = _parse_kb_query_api_key(d.pop("kb_query_api_key", UNSET))

        def _parse_kb_auto_context(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        kb_auto_context = _parse_kb_auto_context(d.pop("kb_auto_context", UNSET))

        def _parse_guided_forms(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        guided_forms = _parse_guided_forms(d.pop("guided_forms", UNSET))

        def _parse_is_active(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        is_active = _parse_is_active(d.pop("is_active", UNSET))

        def _parse_recording_enabled(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        recording_enabled = _parse_recording_enabled(d.pop("recording_enabled", UNSET))

        def _parse_documents(data: object) -> list[Any] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                documents_type_0 = cast(list[Any], data)

                return documents_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Any] | None | Unset, data)

        documents = _parse_documents(d.pop("documents", UNSET))

        character_change = cls(
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
        )

        character_change.additional_properties = d
        return character_change

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
