"""Sends what is said to the clients of the call while it is said, and to the history when a turn is complete."""

import time
from collections.abc import Callable

from callbox.sessions.v1 import sessions_pb2 as pb
from livekit.agents import UserInputTranscribedEvent
from livekit.agents.metrics import LLMMetrics, STTMetrics, TTSMetrics

from services.agent.call.ports import Clients, Journal, Live
from services.agent.client.messages import Metrics, Reply
from services.agent.history.handoff_event import handoff_event
from services.agent.history.latency import Waterfall
from services.agent.history.tool_event import tool_event
from services.agent.metrics import tool_calls, tool_seconds, turn_latency, turn_parts
from services.agent.moments import (
    Ended,
    FormStep,
    HandedOver,
    Joined,
    Moments,
    ReplySpoken,
    ToolCalled,
    ToolStarted,
    TurnBegan,
    TurnComplete,
)
from services.agent.turns.persona import Generation


class Scribe:
    """Records one call.

    generation: the newest attempt at an answer. llm_provider: of the current character, as it names it. speaker: the
    slug of the current character; empty for the one that the call started with.
    """

    def __init__(
        self,
        clients: Clients,
        journal: Journal,
        live: Live,
        generation: Callable[[], Generation],
        llm_provider: Callable[[], str],
        speaker: Callable[[], str],
    ) -> None:
        self._clients = clients
        self._journal = journal
        self._live = live
        self._generation = generation
        self._llm_provider = llm_provider
        self._speaker = speaker
        self._joined_at = time.time()
        self._turn_index = 0
        # Whether a typed turn waits for its answer. It is written once it is complete, before anything else.
        self._typed_turn_open = False
        self._utterances = 0
        self._waterfall: Waterfall | None = None
        self._usage = pb.Usage()
        # By call: who has called a tool that runs. The call may be handed over meanwhile.
        self._callers: dict[str, str] = {}
        self._last_partial = ""

    def listen(self, moments: Moments) -> None:
        """Registers its handlers at the moments of a call."""
        moments.joined.add(self._on_joined)
        moments.turn_began.add(self._on_turn)
        moments.turn_complete.add(self._on_turn_complete)
        moments.tool_started.add(self._on_tool_started)
        moments.tool_called.add(self._on_tool)
        moments.form_step.add(self._on_form)
        moments.reply_spoken.add(self._on_reply)
        moments.handed_over.add(self._on_handed_over)
        moments.ended.add(self._on_ended)

    def typed(self, text: str) -> None:
        """Records what the caller typed; the echo is sent at once."""
        self._utterances += 1
        self._tell_user(self._utterances, text, final=True)

    def transcribed(self, event: UserInputTranscribedEvent) -> None:
        """Sends what the caller has said so far."""
        if not event.is_final and event.transcript != self._last_partial:
            self._last_partial = event.transcript
            self._tell_user(self._utterances + 1, event.transcript, final=False)
            self._live.partial(pb.ROLE_USER, event.transcript, self._next_turn_index)

    def speaking(self, reply_id: str, text: str, final: bool) -> None:
        """Sends the agent's answer so far, or what the caller heard of it if it is final."""
        if final or text.strip():
            self._clients.send(Reply(id=reply_id, text=text, final=final))
        if not final and text.strip():
            self._live.partial(pb.ROLE_ASSISTANT, text, self._next_turn_index)

    def heard_first(self, at: float) -> None:
        """Notes when the first sample of a reply or of a line was sent. at: seconds since the epoch."""
        waterfall = self._waterfall
        if waterfall is None or "playout" in waterfall.moments:
            return
        generation = self._generation()
        if generation.first_token is None or generation.first_audio is None:
            return  # a fixed line bridges the wait; the answer is still to come
        waterfall.reached("first_token", generation.first_token)
        waterfall.reached("first_audio", generation.first_audio)
        waterfall.reached("playout", at)
        parts = waterfall.parts()
        turn_latency.observe(sum(parts.values()))
        for part, seconds in parts.items():
            turn_parts.labels(part).observe(seconds)
        self._clients.send(
            Metrics(
                turn_index=self._turn_index,
                speech_end_ts=waterfall.speech_end,
                first_frame_ts=at,
                parts={part: round(seconds * 1000, 1) for part, seconds in parts.items()},
            )
        )

    def used(self, metrics: object) -> None:
        """Adds what an engine used; reported with the next turn."""
        if isinstance(metrics, LLMMetrics):
            self._usage.llm_input_tokens += metrics.prompt_tokens
            self._usage.llm_output_tokens += metrics.completion_tokens
            if metrics.metadata is not None:
                self._usage.llm_model = metrics.metadata.model_name or ""
                # livekit-agents gives the operator's host name here, which customers must not see.
                self._usage.llm_provider = self._llm_provider()
        elif isinstance(metrics, STTMetrics):
            self._usage.stt_audio_seconds += metrics.audio_duration
            if metrics.metadata is not None:
                self._usage.stt_provider = metrics.metadata.model_provider or ""
        elif isinstance(metrics, TTSMetrics):
            self._usage.tts_characters += metrics.characters_count
            if metrics.metadata is not None:
                self._usage.tts_provider = metrics.metadata.model_provider or ""

    def spoken_ahead(self, text: str, provider: str) -> None:
        """Adds the usage of a text that was synthesised ahead of time, which livekit-agents does not report."""
        self._usage.tts_characters += len(text)
        self._usage.tts_provider = provider

    def speaker_changes(self) -> None:
        """Reports what the current character used, before another one takes the call."""
        self._tell_usage()

    def failed(self, code: str, message: str) -> None:
        """Records a failure that was handled. message: one sentence that customers may read."""
        self._journal.add(pb.SessionEvent(error=pb.ErrorEvent(code=code, message=message)))

    def _on_joined(self, event: Joined) -> None:
        # The times in the history are relative to this moment.
        self._joined_at = event.at

    def _on_turn(self, event: TurnBegan) -> None:
        if event.typed:
            self._typed_turn_open = True
            self._live.partial(pb.ROLE_USER, event.text, self._turn_index)
        else:
            self._utterances += 1
            self._tell_user(self._utterances, event.text, final=True)
        self._last_partial = ""
        self._waterfall = None
        if speech_end := event.metrics.get("stopped_speaking_at"):
            self._waterfall = Waterfall(speech_end)
            self._waterfall.reached("end_of_turn", speech_end + event.metrics.get("end_of_turn_delay", 0.0))
            self._waterfall.reached("final_transcript", speech_end + event.metrics.get("transcription_delay", 0.0))

    def _on_turn_complete(self, event: TurnComplete) -> None:
        self._typed_turn_open = False
        started = self._since_join(event.started_at)
        self._add(pb.Turn(role=pb.ROLE_USER, text=event.text, start_seconds=started, typed=event.typed))

    def _on_reply(self, event: ReplySpoken) -> None:
        started = event.metrics.get("started_speaking_at", time.time())
        turn = pb.Turn(
            role=pb.ROLE_ASSISTANT,
            text=event.text,
            start_seconds=self._since_join(started),
            interrupted=event.interrupted,
            character_slug=self._speaker(),
        )
        if self._waterfall is not None and "playout" in self._waterfall.moments:
            turn.latency.CopyFrom(self._waterfall.message())
        self._waterfall = None
        if event.interrupted:
            self._usage.interruption_count += 1
        self._add(turn)
        self._tell_usage()

    def _on_tool_started(self, event: ToolStarted) -> None:
        self._callers[event.call_id] = self._speaker()

    def _on_tool(self, event: ToolCalled) -> None:
        start, caller = self._since_join(event.started_at), self._callers.pop(event.call_id, self._speaker())
        self._journal.add(pb.SessionEvent(tool=tool_event(event, start, self._next_turn_index, caller)))
        kind = pb.ToolKind.Name(event.kind).removeprefix("TOOL_KIND_").lower()
        tool_calls.labels(kind, event.error or "done").inc()
        tool_seconds.labels(kind).observe(event.seconds)

    def _on_form(self, event: FormStep) -> None:
        start = self._since_join(time.time())
        form = pb.FormEvent(form_id=event.form_id, action=event.action, start_seconds=start)
        self._journal.add(pb.SessionEvent(form=form))

    def _on_handed_over(self, event: HandedOver) -> None:
        start = self._since_join(time.time())
        handoff = handoff_event(event.from_slug, event.to_slug, event.reason, start, self._next_turn_index)
        self._journal.add(pb.SessionEvent(handoff=handoff))

    def _on_ended(self, event: Ended) -> None:
        self._tell_usage()
        self._journal.add(pb.SessionEvent(end=pb.EndEvent(reason=event.reason)))

    @property
    def _next_turn_index(self) -> int:
        """The number of the turn after a typed turn that is not written yet."""
        return self._turn_index + self._typed_turn_open

    def _tell_user(self, number: int, text: str, *, final: bool) -> None:
        if text.strip():
            self._clients.send(Reply(id=f"user_{number}", text=text, final=final, type="user_text"))

    def _add(self, turn: pb.Turn) -> None:
        turn.turn_index = self._turn_index
        self._turn_index += 1
        self._usage.turn_count += 1
        self._live.final(turn.role)
        self._journal.add(pb.SessionEvent(turn=turn))

    def _tell_usage(self) -> None:
        if self._usage != pb.Usage():
            self._usage.character_slug = self._speaker()
            self._journal.add(pb.SessionEvent(usage=self._usage))
            self._usage = pb.Usage()

    def _since_join(self, moment: float) -> float:
        return max(0.0, moment - self._joined_at)
