from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.character_background_audio import CharacterBackgroundAudio, check_character_background_audio

if TYPE_CHECKING:
    from ..models.appearance_overrides import AppearanceOverrides
    from ..models.character_voice import CharacterVoice
    from ..models.client_event_tool import ClientEventTool
    from ..models.handoff_target import HandoffTarget
    from ..models.http_tool import HttpTool
    from ..models.knowledge_tool import KnowledgeTool
    from ..models.mcp_server import McpServer
    from ..models.mcp_tool import McpTool


T = TypeVar("T", bound="Character")


@_attrs_define
class Character:
    """A character as it is kept, defaults filled in and secrets masked.

    Example:
        {'name': 'Support', 'character_type': 'SUPPORT_AGENT', 'image': 'https://shop.example/agent.png',
            'system_prompt': 'You answer calls for a bicycle shop. Saturday: 10 to 16.', 'greeting': 'Hello, how can I
            help?', 'voice': {'audio_file': '', 'voice_url': ''}, 'language': 'en', 'background_audio': '',
            'allowed_origins': ['https://shop.example'], 'handoff_targets': [{'slug': 'sales-bot'}], 'widget_appearance':
            {'name': 'Shop', 'theme': {'primary_color': '#6366F1'}}, 'stt_model': 'whisper-en-large', 'tts_model':
            'chatterbox-en-v1', 'keyterms': ['Callbox', 'Brompton'], 'llm_provider': 'openai', 'llm_model': 'gpt-4o-mini',
            'llm_api_key': '••••1234', 'llm_fallbacks': ['qwen2.5-7b'], 'llm_max_tokens': 160, 'llm_max_sentences': 0,
            'tools': [], 'mcp_servers': [], 'max_tool_output_chars': 16000, 'max_tool_calls_per_turn': 6,
            'max_turn_seconds': 35, 'kb_query_url': 'https://kb.shop.example/ask', 'kb_query_api_key': '••••1234',
            'kb_auto_context': False, 'guided_forms': False, 'is_active': True, 'recording_enabled': False, 'documents': [],
            'slug': 'support-bot', 'id': '8d1fQ2Zk3vQy0N8rT1mJ', 'version': 1, 'created_by': 1, 'created_at':
            '2026-03-01T12:00:00Z', 'updated_at': '2026-03-01T12:00:00Z'}

    Attributes:
        name (str): Display name.
        character_type (str): Category. Default: ''.
        image (str): Address of an avatar; below the API's own if it was uploaded. Default: ''.
        system_prompt (str): Instructions and persona; at most 65,536 bytes of UTF-8. Default: ''.
        greeting (str): First words of a call; empty means that the agent waits for the caller. Default: ''.
        voice (CharacterVoice): A voice of the character's own.
        language (str): BCP-47 tag for hearing and speaking. Default: 'en'.
        background_audio (CharacterBackgroundAudio): Ambience mixed into the agent's audio. Default: ''.
        allowed_origins (list[str]): Origins of pages that may start calls; empty means none.
        handoff_targets (list[HandoffTarget]): Characters the call may be handed to.
        widget_appearance (AppearanceOverrides): What differs from the default look and behaviour of the widget.
        stt_model (str): Public name of a recogniser; empty for the default. Default: ''.
        tts_model (str): Public name of a voice; empty for the default. Default: ''.
        keyterms (list[str]): Words and names to expect of callers: at most 100 of at most 50 characters. A recogniser
            that can prefers them.
        llm_provider (Literal['openai']): Kind of language model endpoint. Default: 'openai'.
        llm_model (str): Name of the language model; empty for the default. Default: ''.
        llm_api_key (str): Key for the language model. Read back masked; a mask means unchanged. Default: ''.
        llm_fallbacks (list[str]): Names of fallback models of the installation that are asked, in this order, when the
            language model fails; empty for all of them. A name that the installation does not know is passed over.
        llm_max_tokens (int): Longest answer of the language model in tokens, its reasoning included. Default: 160.
        llm_max_sentences (int): Sentences after which an answer of the language model ends; 0 for no limit. Default: 0.
        tools (list[ClientEventTool | HttpTool | KnowledgeTool | McpTool]): Tool definitions; values of headers are read
            back masked.
        mcp_servers (list[McpServer]): MCP servers; values of headers are read back masked.
        max_tool_output_chars (int): Characters of a tool's answer that the model is shown. Default: 16000.
        max_tool_calls_per_turn (int): Calls of tools in one turn of the agent. Default: 6.
        max_turn_seconds (int): Length of one turn of the agent. Default: 35.
        kb_query_url (str): Address of a knowledge base of your own, for `kb` tools. Default: ''.
        kb_query_api_key (str): Key for that address. Read back masked; a mask means unchanged. Default: ''.
        kb_auto_context (bool): Whether passages of the documents are looked up while the caller speaks, for the model's
            answer; works without a `kb` tool. Default: False.
        guided_forms (bool): Whether an open form is filled without the language model: Callbox asks for its values one
            by one and understands the answers by rules. The model opens the form and answers what is no value. Default:
            False.
        is_active (bool): A character that is not active takes no calls. Default: True.
        recording_enabled (bool): Kept, and does nothing yet: calls are not recorded. Default: False.
        documents (list[Any]): The newest of its knowledge base; passed over when sent.
        slug (str): Unique per installation.
        id (str): Opaque identity; taken wherever the slug is.
        version (int): Every change makes a new one.
        created_by (int):
        created_at (datetime.datetime):
        updated_at (datetime.datetime):
    """

    name: str
    voice: CharacterVoice
    allowed_origins: list[str]
    handoff_targets: list[HandoffTarget]
    widget_appearance: AppearanceOverrides
    keyterms: list[str]
    llm_fallbacks: list[str]
    tools: list[ClientEventTool | HttpTool | KnowledgeTool | McpTool]
    mcp_servers: list[McpServer]
    documents: list[Any]
    slug: str
    id: str
    version: int
    created_by: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    character_type: str = ""
    image: str = ""
    system_prompt: str = ""
    greeting: str = ""
    language: str = "en"
    background_audio: CharacterBackgroundAudio = ""
    stt_model: str = ""
    tts_model: str = ""
    llm_provider: Literal["openai"] = "openai"
    llm_model: str = ""
    llm_api_key: str = ""
    llm_max_tokens: int = 160
    llm_max_sentences: int = 0
    max_tool_output_chars: int = 16000
    max_tool_calls_per_turn: int = 6
    max_turn_seconds: int = 35
    kb_query_url: str = ""
    kb_query_api_key: str = ""
    kb_auto_context: bool = False
    guided_forms: bool = False
    is_active: bool = True
    recording_enabled: bool = False
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

        voice = self.voice.to_dict()

        language = self.language

        background_audio: str = self.background_audio

        allowed_origins = self.allowed_origins

        handoff_targets = []
        for handoff_targets_item_data in self.handoff_targets:
            handoff_targets_item = handoff_targets_item_data.to_dict()
            handoff_targets.append(handoff_targets_item)

        widget_appearance = self.widget_appearance.to_dict()

        stt_model = self.stt_model

        tts_model = self.tts_model

        keyterms = self.keyterms

        llm_provider = self.llm_provider

        llm_model = self.llm_model

        llm_api_key = self.llm_api_key

        llm_fallbacks = self.llm_fallbacks

        llm_max_tokens = self.llm_max_tokens

        llm_max_sentences = self.llm_max_sentences

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

        documents = self.documents

        slug = self.slug

        id = self.id

        version = self.version

        created_by = self.created_by

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "character_type": character_type,
                "image": image,
                "system_prompt": system_prompt,
                "greeting": greeting,
                "voice": voice,
                "language": language,
                "background_audio": background_audio,
                "allowed_origins": allowed_origins,
                "handoff_targets": handoff_targets,
                "widget_appearance": widget_appearance,
                "stt_model": stt_model,
                "tts_model": tts_model,
                "keyterms": keyterms,
                "llm_provider": llm_provider,
                "llm_model": llm_model,
                "llm_api_key": llm_api_key,
                "llm_fallbacks": llm_fallbacks,
                "llm_max_tokens": llm_max_tokens,
                "llm_max_sentences": llm_max_sentences,
                "tools": tools,
                "mcp_servers": mcp_servers,
                "max_tool_output_chars": max_tool_output_chars,
                "max_tool_calls_per_turn": max_tool_calls_per_turn,
                "max_turn_seconds": max_turn_seconds,
                "kb_query_url": kb_query_url,
                "kb_query_api_key": kb_query_api_key,
                "kb_auto_context": kb_auto_context,
                "guided_forms": guided_forms,
                "is_active": is_active,
                "recording_enabled": recording_enabled,
                "documents": documents,
                "slug": slug,
                "id": id,
                "version": version,
                "created_by": created_by,
                "created_at": created_at,
                "updated_at": updated_at,
            }
        )

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

        character_type = d.pop("character_type")

        image = d.pop("image")

        system_prompt = d.pop("system_prompt")

        greeting = d.pop("greeting")

        voice = CharacterVoice.from_dict(d.pop("voice"))

        language = d.pop("language")

        background_audio = check_character_background_audio(d.pop("background_audio"))

        allowed_origins = cast(list[str], d.pop("allowed_origins"))

        handoff_targets = []
        _handoff_targets = d.pop("handoff_targets")
        for handoff_targets_item_data in _handoff_targets:
            handoff_targets_item = HandoffTarget.from_dict(handoff_targets_item_data)

            handoff_targets.append(handoff_targets_item)

        widget_appearance = AppearanceOverrides.from_dict(d.pop("widget_appearance"))

        stt_model = d.pop("stt_model")

        tts_model = d.pop("tts_model")

        keyterms = cast(list[str], d.pop("keyterms"))

        llm_provider = cast(Literal["openai"], d.pop("llm_provider"))
        if llm_provider != "openai":
            raise ValueError(f"llm_provider must match const 'openai', got '{llm_provider}'")

        llm_model = d.pop("llm_model")

        llm_api_key = d.pop("llm_api_key")

        llm_fallbacks = cast(list[str], d.pop("llm_fallbacks"))

        llm_max_tokens = d.pop("llm_max_tokens")

        llm_max_sentences = d.pop("llm_max_sentences")

        tools = []
        _tools = d.pop("tools")
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

        mcp_servers = []
        _mcp_servers = d.pop("mcp_servers")
        for mcp_servers_item_data in _mcp_servers:
            mcp_servers_item = McpServer.from_dict(mcp_servers_item_data)

            mcp_servers.append(mcp_servers_item)

        max_tool_output_chars = d.pop("max_tool_output_chars")

        max_tool_calls_per_turn = d.pop("max_tool_calls_per_turn")

        max_turn_seconds = d.pop("max_turn_seconds")

        kb_query_url = d.pop("kb_query_url")

        kb_query_api_key = d.pop("kb_query_api_key")

        kb_auto_context = d.pop("kb_auto_context")

        guided_forms = d.pop("guided_forms")

        is_active = d.pop("is_active")

        recording_enabled = d.pop("recording_enabled")

        documents = cast(list[Any], d.pop("documents"))

        slug = d.pop("slug")

        id = d.pop("id")

        version = d.pop("version")

        created_by = d.pop("created_by")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updated_at"))

        character = cls(
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
            id=id,
            version=version,
            created_by=created_by,
            created_at=created_at,
            updated_at=updated_at,
        )

        character.additional_properties = d
        return character

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
