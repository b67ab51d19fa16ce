"""Writes down what is said: to the clients of the room as it is said, to the journal when it is."""

import time

from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import AgentSession, ConversationItemAddedEvent, UserInputTranscribedEvent, llm
from livekit.agents.metrics import LLMMetrics, STTMetrics, TTSMetrics
from livekit.agents.voice.io import AudioOutput

from services.agent.call.ending import Reason
from services.agent.client.topics import Topics
from services.agent.history.journal import Journal
from services.agent.history.latency import Waterfall
from services.agent.history.live import Live
from services.agent.metrics import turn_latency, turn_parts
from services.agent.turns.guard import TurnGuard
from services.agent.turns.persona import Persona


class Scribe:
    """The history of one call. llm_provider: as the character names it."""

    def __init__(
        self,
        journal: Journal,
        topics: Topics,
        live: Live,
        persona: Persona,
        guard: TurnGuard,
        llm_provider: str,
    ) -> None:
        self._journal = journal
        self._topics = topics
        self._live = live
        self._persona = persona
        self._guard = guard
        self._llm_provider = llm_provider
        self._joined_at = time.time()
        self._turn_index = 0
        self._utterances = 0
        self._typed: list[str] = []
        self._waterfall: Waterfall | None = None
        self._usage = pb.Usage()
        self._last_partial = ""

    def listen(self, session: AgentSession[None], output: AudioOutput) -> None:
        """Begins to write."""
        session.on("user_input_transcribed", self._on_transcribed)
        session.on("conversation_item_added", self._on_item)
        output.on("playback_started", lambda event: self._on_first_frame(event.created_at))

    def joined(self) -> None:
        """The caller is there; times of the history count from now."""
        self._joined_at = time.time()

    def typed(self, text: str) -> None:
        """The caller typed; the echo goes out at once."""
        self._typed.append(text)
        self._utterances += 1
        self._topics.reply(f"user_{self._utterances}", text, True, from_user=True)

    def speaking(self, reply_id: str, text: str, final: bool) -> None:
        """What the agent says of its answer so far, or all of it."""
        self._topics.reply(reply_id, text, final)
        if not final and text.strip():
            self._live.partial(pb.ROLE_ASSISTANT, text, self._turn_index)

    def used(self, metrics: object) -> None:
        """What an engine used; told with the next turn."""
        if isinstance(metrics, LLMMetrics):
            self._usage.llm_input_tokens += metrics.prompt_tokens
            self._usage.llm_output_tokens += metrics.completion_tokens
            if metrics.metadata is not None:
                self._usage.llm_model = metrics.metadata.model_name or ""
                # livekit-agents names the operator's own host here.
                self._usage.llm_provider = self._llm_provider
        elif isinstance(metrics, STTMetrics):
            self._usage.stt_audio_seconds += metrics.audio_duration
            if metrics.metadata is not None:
                self._usage.stt_provider = metrics.metadata.model_provider or ""
        elif isinstance(metrics, TTSMetrics):
            self._usage.tts_characters += metrics.characters_count
            if metrics.metadata is not None:
                self._usage.tts_provider = metrics.metadata.model_provider or ""

    def spoken(self, text: str, provider: str) -> None:
        """A text was made into speech ahead of time, of which livekit-agents tells nothing."""
        self._usage.tts_characters += len(text)
        self._usage.tts_provider = provider

    def finish(self, reason: Reason) -> None:
        """Writes the last line."""
        self._tell_usage()
        self._journal.add(pb.SessionEvent(end=pb.EndEvent(reason=reason)))

    def _on_transcribed(self, event: UserInputTranscribedEvent) -> None:
        if not event.is_final and event.transcript != self._last_partial:
            self._last_partial = event.transcript
            self._topics.reply(f"user_{self._utterances + 1}", event.transcript, False, from_user=True)
            self._live.partial(pb.ROLE_USER, event.transcript, self._turn_index)

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage) or not (text := (item.text_content or "").strip()):
            return
        if item.role == "user":
            self._on_user_turn(text, item.metrics)
        elif item.role == "assistant":
            self._on_agent_turn(text, item)

    def _on_user_turn(self, text: str, metrics: llm.MetricsReport) -> None:
        typed = text in self._typed
        if typed:
            self._typed.remove(text)
        else:
            self._utterances += 1
            self._topics.reply(f"user_{self._utterances}", text, True, from_user=True)
        self._last_partial = ""
        self._waterfall = None
        if speech_end := metrics.get("stopped_speaking_at"):
            self._waterfall = Waterfall(speech_end)
            self._waterfall.reached("end_of_turn", speech_end + metrics.get("end_of_turn_delay", 0.0))
            self._waterfall.reached("final_transcript", speech_end + metrics.get("transcription_delay", 0.0))
        self._guard.turn_ended()
        started = metrics.get("started_speaking_at", time.time())
        self._add(pb.Turn(role=pb.ROLE_USER, text=text, start_seconds=self._since_join(started), typed=typed))

    def _on_first_frame(self, moment: float) -> None:
        waterfall = self._waterfall
        if waterfall is None or "playout" in waterfall.moments:
            return
        generation = self._persona.generation
        if generation.first_token is None or generation.first_audio is None:
            return  # a line without an engine bridges the turn; the answer is still to come
        waterfall.reached("first_token", generation.first_token)
        waterfall.reached("first_audio", generation.first_audio)
        waterfall.reached("playout", moment)
        parts = waterfall.parts()
        turn_latency.observe(sum(parts.values()))
        for part, seconds in parts.items():
            turn_parts.labels(part).observe(seconds)
        self._topics.metrics(
            {
                "turn_index": self._turn_index,
                "speech_end_ts": waterfall.speech_end,
                "first_frame_ts": moment,
                "parts": {part: round(seconds * 1000, 1) for part, seconds in parts.items()},
            }
        )

    def _on_agent_turn(self, text: str, item: llm.ChatMessage) -> None:
        turn = pb.Turn(
            role=pb.ROLE_ASSISTANT,
            text=text,
            start_seconds=self._since_join(item.metrics.get("started_speaking_at", time.time())),
            interrupted=item.interrupted,
        )
        if self._waterfall is not None and "playout" in self._waterfall.moments:
            turn.latency.CopyFrom(self._waterfall.message())
        self._waterfall = None
        if item.interrupted:
            self._usage.interruption_count += 1
        self._add(turn)
        self._tell_usage()

    def _add(self, turn: pb.Turn) -> None:
        turn.turn_index = self._turn_index
        self._turn_index += 1
        self._usage.turn_count += 1
        self._live.final(turn.role)
        self._journal.add(pb.SessionEvent(turn=turn))

    def _tell_usage(self) -> None:
        if self._usage != pb.Usage():
            self._journal.add(pb.SessionEvent(usage=self._usage))
            self._usage = pb.Usage()

    def _since_join(self, moment: float) -> float:
        return max(0.0, moment - self._joined_at)
