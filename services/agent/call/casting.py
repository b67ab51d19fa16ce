"""Makes the characters of one call ready: their models, engines, fixed lines and tools."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

import grpc
import structlog
from callbox.characters.v1 import characters_pb2, characters_pb2_grpc
from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.call.cast import Cast
from services.agent.call.conversation import Conversation
from services.agent.call.engines import SpeechEngines
from services.agent.call.form_storage import FormStorage
from services.agent.call.stored_character import StoredCharacter
from services.agent.call.transfers import Transfers
from services.agent.client.room import RoomClients
from services.agent.fallback_models import Fallback, chosen
from services.agent.metadata import Metadata
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.speech.hearing import Hearing
from services.agent.speech.lines import Lines
from services.agent.speech.recordings import RecordingFolder, base_language
from services.agent.speech.route import Tell
from services.agent.speech.speaking import Speaking
from services.agent.thinking.endpoint import read_certificates
from services.agent.thinking.language_model import AnswerLimits, Model, language_model
from services.agent.thinking.late_markers import LateMarkers
from services.agent.tools.belt import BeltLimits
from services.agent.tools.definition import Surroundings, tools_of
from services.agent.tools.forms.form import forms_of
from services.agent.tools.forms.forms import Forms
from services.agent.tools.forms.functions import tools_of as form_tools
from services.agent.tools.forms.guide.guide import Guide
from services.agent.tools.forms.ports import FormSurroundings
from services.agent.tools.forms.submission import FormSubmission
from services.agent.tools.forms.values import Context
from services.agent.tools.forms.values.words import words_of
from services.agent.tools.forms.zone import TIMEZONE_ATTRIBUTE, TIMEZONE_KEY, zone_of
from services.agent.tools.http import Session
from services.agent.tools.knowledge_ahead import KnowledgeAhead
from services.agent.tools.mcp.servers import McpServers
from services.agent.tools.part import Part
from services.agent.turns.persona import instructions
from services.kit.errors import not_found
from services.kit.identity import Signer
from services.kit.net.outbound import Outbound
from services.kit.net.url_policy import Allowances
from services.kit.rpc.client import call
from services.kit.structs import from_struct

_RESOLVE_SECONDS = 2.0
# How long an idle connection to a tool's server is kept.
_KEEP_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class Casting:
    """The characters of one call. What it opens is closed at the end of its block.

    sessions, characters: channels to the services.
    """

    def __init__(
        self,
        settings: AgentSettings,
        claim: pb.ClaimSessionResponse,
        sessions: grpc.aio.Channel,
        characters: grpc.aio.Channel,
        signer: Signer,
        shared: SharedState,
        clients: RoomClients,
    ) -> None:
        self._settings = settings
        self._claim = claim
        self._sessions = sessions
        self._characters = characters
        self._signer = signer
        self._shared = shared
        self._clients = clients
        self._metadata = Metadata(from_struct(claim.session.metadata))
        self._allowed = Allowances.parse(settings.outbound_allow)
        self._transfers = Transfers(self._make_ready)
        # Certificates that are read here would hold up the event loop of the call.
        self._outbound = Outbound(self._allowed, tls=read_certificates(), keepalive_seconds=_KEEP_SECONDS)
        self._mcp_servers = McpServers(self._outbound, self._allowed, dict(claim.mcp_headers), self._metadata)
        self._stored: dict[str, StoredCharacter] = {}
        self._catalogue = shared.catalogue_in_force()
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._outbound)
        self._open.push_async_callback(self._mcp_servers.close)
        self._open.push_async_callback(self._transfers.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def model(self, character: characters_pb2.CharacterSnapshot) -> Model:
        """The language model of a character, open until the end of the block."""
        key = await self._data(character).llm_key()
        # A character with its own key uses OpenAI; all others use the operator's endpoint.
        url, name = ("", character.llm_model) if key else (self._settings.llm_url, self._settings.llm_model)
        late_markers = LateMarkers() if key else self._late_markers(url, name)
        fallbacks = self._fallbacks(character, has_own_key=bool(key))
        api_key = key or self._settings.llm_api_key
        opened = language_model(url, name, api_key, late_markers, fallbacks, _answer_limits(character))
        return await self._open.enter_async_context(opened)

    def open_engines(self, tell: Tell) -> SpeechEngines:
        """The speech engines of the call, open until the end of the block. Raises: CatalogueError."""
        settings = self._settings
        away = self._shared.endpoints_away()
        self._engines = SpeechEngines(self._catalogue, settings.catalogue.parent, settings.triton_address, tell, away)
        self._open.push_async_callback(self._engines.close)
        return self._engines

    def language(self, character: characters_pb2.CharacterSnapshot) -> str:
        """The language that a character hears and speaks."""
        return character.language or base_language(self._catalogue)

    def cast(self, character: characters_pb2.CharacterSnapshot, model: Model, engines: SpeechEngines) -> Cast:
        """A character with its engines and tools."""
        language, definition = self.language(character), from_struct(character.definition)
        data = self._data(character)
        around = Surroundings(
            Session(self._claim.session.session_id, self._metadata),
            self._outbound,
            self._allowed,
            data,
            self._clients,
            self._mcp_servers.of(character.character_id, definition, data.headers),
        )
        forms = self._forms(character.character_id, definition, language)
        parts: list[Part] = [forms]
        if forms.is_guided:
            parts.append(Guide(forms))
        if definition.get("kb_auto_context"):
            parts.append(KnowledgeAhead(around.data.search))
        own = (*form_tools(forms), *tools_of(definition, around), *self._transfers.tools(_targets(definition)))
        return Cast(
            slug=character.slug,
            name=character.name,
            prompt=instructions(character.system_prompt, self._metadata),
            greeting=self._metadata.fill(character.greeting),
            model=model,
            lines=self._lines(language, character.tts_model),
            ear=Hearing(engines.recognition(language, character.stt_model, character.keyterms), language),
            voice=Speaking(engines.voice(language, character.tts_model)),
            llm_provider=character.llm_provider,
            # Names are unique where a character is written; two of one name would end the call.
            tools=tuple({tool.name: tool for tool in own}.values()),
            tool_limits=BeltLimits(character.max_tool_calls_per_turn, character.max_tool_output_chars),
            metadata=self._metadata,
            turn_seconds=character.max_turn_seconds,
            parts=tuple(parts),
        )

    def follow(self, conversation: Conversation) -> None:
        """Sets the conversation that a character may hand over, before it runs."""
        self._transfers.follow(conversation)

    async def _make_ready(self, slug: str) -> Cast:
        """Another character of the same owner, as it is now. Raises: CallboxError."""
        found = await call(
            characters_pb2_grpc.CharactersServiceStub(self._characters).Resolve,
            characters_pb2.ResolveRequest(agent=slug),
            identity=self._signer.service_token(),
            deadline_seconds=_RESOLVE_SECONDS,
        )
        # A slug that was deleted may since belong to somebody else.
        if found.tenant_id != self._claim.character.tenant_id:
            raise not_found("Character")
        return self.cast(found, await self.model(found), self._engines)

    def _forms(self, character_id: str, definition: Mapping[str, Any], language: str) -> Forms:
        session_id = self._claim.session.session_id
        storage = FormStorage(self._sessions, self._signer, session_id, character_id)

        def context() -> Context:
            zone = zone_of(self._metadata.get(TIMEZONE_KEY), self._clients.attribute(TIMEZONE_ATTRIBUTE))
            return Context(language, datetime.now(zone))

        submit = FormSubmission(storage, self._outbound)
        around = FormSurroundings(session_id, self._clients, submit, context)
        # The guide speaks the languages whose values it understands.
        is_guided = bool(definition.get("guided_forms")) and words_of(language) is not None
        return Forms(forms_of(definition), around, is_guided)

    def _data(self, character: characters_pb2.CharacterSnapshot) -> StoredCharacter:
        if (known := self._stored.get(character.character_id)) is None:
            known = self._stored[character.character_id] = StoredCharacter(self._characters, self._signer, character)
        return known

    def _fallbacks(self, character: characters_pb2.CharacterSnapshot, *, has_own_key: bool) -> tuple[Fallback, ...]:
        """The models that are asked when the character's own fails: those that it names, else all."""
        configured = Fallback.parse(self._settings.llm_fallbacks)
        names = [str(name) for name in from_struct(character.definition).get("llm_fallbacks") or ()]
        if not names:
            # What is said to a character with its own key goes to no provider that its owner did not name.
            return () if has_own_key else configured
        if unknown := set(names) - {each.model for each in configured}:
            _log.warning("fallback models are not configured", character=character.slug, models=sorted(unknown))
        return chosen(names, configured)

    def _late_markers(self, url: str, model: str) -> LateMarkers:
        """What earlier calls and the worker have learned of the operator's language model."""
        shared = self._shared
        expected = shared.has_late_marker(url, model)
        return LateMarkers(expected=expected, note=partial(shared.note_late_marker, url, model))

    def _lines(self, language: str, voice: str) -> Lines:
        """The fixed lines. If some are not recorded in the call's voice, the worker makes them for the next call."""
        lines = Lines(RecordingFolder(self._shared.lines_folder), self._catalogue, language, voice)
        for recording in lines.missing[:1]:
            self._shared.want_lines(recording.language, recording.voice.name)
        return lines


def _answer_limits(character: characters_pb2.CharacterSnapshot) -> AnswerLimits:
    definition, default = from_struct(character.definition), AnswerLimits()
    return AnswerLimits(
        int(definition.get("llm_max_tokens") or default.tokens),
        int(definition.get("llm_max_sentences") or default.sentences),
    )


def _targets(definition: Mapping[str, Any]) -> list[str]:
    return [str(target["slug"]) for target in definition.get("handoff_targets", ())]
