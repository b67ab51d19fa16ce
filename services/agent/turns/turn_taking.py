"""When a turn is over, when the agent is interrupted, and what is begun before that is certain."""

from dataclasses import dataclass

from livekit.agents import AgentSession, APIConnectOptions, TurnHandlingOptions, inference, vad
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.agents.voice.turn import TurnDetectionMode

from services.agent.audio.activity import VoiceActivity

# Silence that ends speech. The turn detector needs a quarter of a second at least; with that one of 43 sentences with a
# comma was cut at it, with one window more none.
_VAD_SILENCE_SECONDS = 0.28
# A turn is over this long after the last speech where the turn detector agrees, and after the other where it does not.
_MIN_ENDPOINT_SECONDS = 0.28
_MAX_ENDPOINT_SECONDS = 1.4
_INTERRUPTION_SECONDS = 0.4
# A caller with many pauses makes many tries at an answer; a long monologue makes none after this.
_MAX_TRIES = 6
_MAX_TRY_SPEECH_SECONDS = 30.0


@dataclass(frozen=True)
class TurnTaking:
    """What tells the turns of a caller who speaks. activity: hears speech and silence. detector: judges the end."""

    activity: vad.VAD
    detector: TurnDetectionMode


def spoken_turns() -> TurnTaking:
    """Turns by ear: our voice activity, and livekit-agents' model of ends of turns. Needs the job of a worker."""
    return TurnTaking(VoiceActivity(_VAD_SILENCE_SECONDS), inference.TurnDetector(version="v1-mini"))


def make_session(turns: TurnTaking | None) -> AgentSession[None]:
    """A session that thinks ahead: the answer is begun, and its first clause spoken, at the first short pause.

    turns: None for a conversation in text alone. The engines belong to who speaks (`Persona`), not to the session.
    """
    handling = TurnHandlingOptions(
        turn_detection=turns.detector if turns is not None else None,
        endpointing={"mode": "fixed", "min_delay": _MIN_ENDPOINT_SECONDS, "max_delay": _MAX_ENDPOINT_SECONDS},
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
        # The voice itself leaves out what cannot be spoken.
        tts_text_transforms=None,
        aec_warmup_duration=None,
        user_away_timeout=None,
        conn_options=SessionConnectOptions(
            llm_conn_options=APIConnectOptions(max_retry=1, retry_interval=0.2, timeout=10.0),
            # Hearing and speaking go elsewhere by themselves.
            tts_conn_options=APIConnectOptions(max_retry=0),
            # A fault ends a turn with a spoken line, never the call.
            max_unrecoverable_errors=1_000_000,
        ),
    )
