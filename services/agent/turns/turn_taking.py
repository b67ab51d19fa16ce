"""Decides when a turn ends, when the agent is interrupted, and how early an answer is prepared."""

from dataclasses import dataclass

from livekit.agents import AgentSession, APIConnectOptions, TurnHandlingOptions, inference, vad
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.turn import TurnDetectionMode

from services.agent.audio.activity import VoiceActivity

# Silence that ends speech. The turn detector needs at least 0.25 s. With exactly that, one of 43 sentences was cut at
# its comma; with one window more, none.
_VAD_SILENCE_SECONDS = 0.28
# A turn ends this long after the last speech if the turn detector agrees, and after the maximum if it does not.
MIN_ENDPOINT_SECONDS = 0.28
MAX_ENDPOINT_SECONDS = 1.4
_INTERRUPTION_SECONDS = 0.4
# Each pause of the caller starts an attempt at an answer. In a long turn there are no more attempts after this many.
_MAX_TRIES = 6
_MAX_TRY_SPEECH_SECONDS = 30.0
# Answers of the model to one turn that call tools. The belt limits the calls themselves; this ends a model that goes on
# calling after it was told that it may not.
_MAX_TOOL_STEPS = 110


@dataclass(frozen=True)
class TurnTaking:
    """Detects the turns of a speaking caller. activity: finds speech and silence. detector: finds the end of a turn."""

    activity: vad.VAD
    detector: TurnDetectionMode


def spoken_turns() -> TurnTaking:
    """Our voice activity detection and livekit-agents' turn detector. Works only inside a worker's job."""
    return TurnTaking(VoiceActivity(_VAD_SILENCE_SECONDS), inference.TurnDetector(version="v1-mini"))


def make_session(turns: TurnTaking | None) -> AgentSession[None]:
    """A session that prepares ahead: at the first short pause it starts the answer and synthesises its first clause.

    turns: None for a text-only conversation. The engines belong to the character (`Persona`), not to the session.
    """
    handling = TurnHandlingOptions(
        turn_detection=turns.detector if turns is not None else None,
        endpointing={"mode": "fixed", "min_delay": MIN_ENDPOINT_SECONDS, "max_delay": MAX_ENDPOINT_SECONDS},
        interruption={"enabled": True, "mode": "vad", "min_duration": _INTERRUPTION_SECONDS},
        preemptive_generation={
            "enabled": True,
            "preemptive_tts": True,
            "max_retries": _MAX_TRIES,
            "max_speech_duration": _MAX_TRY_SPEECH_SECONDS,
        },
    )
    return AgentSession(
        vad=turns.activity if turns is not None else None,
        turn_handling=handling,
        max_tool_steps=_MAX_TOOL_STEPS,
        # The voice itself removes text that cannot be spoken.
        tts_text_transforms=None,
        aec_warmup_duration=None,
        user_away_timeout=None,
        conn_options=SessionConnectOptions(
            llm_conn_options=APIConnectOptions(max_retry=1, retry_interval=0.2, timeout=10.0),
            # Hearing and Speaking fail over to other engines themselves.
            tts_conn_options=APIConnectOptions(max_retry=0),
            # A failure ends the turn with a fixed line, never the call.
            max_unrecoverable_errors=1_000_000,
        ),
    )
