"""How turns are taken: livekit-agents' session with its engines, on the caller's room."""

from livekit import rtc
from livekit.agents import AgentSession, APIConnectOptions, TurnHandlingOptions, inference
from livekit.agents.voice import room_io
from livekit.agents.voice.agent_session import SessionConnectOptions
from livekit.plugins.openai import LLM

from services.agent.audio.activity import VoiceActivity
from services.agent.audio.denoise import FRAME_MS, INPUT_RATE_HZ, DenoisedInput, Denoiser
from services.agent.audio.spoken import SpokenOutput
from services.agent.speech.hearing import Hearing
from services.agent.speech.speaking import SAMPLE_RATE_HZ, Speaking

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


def make_session(ear: Hearing, voice: Speaking, model: LLM) -> AgentSession[None]:
    """A session that thinks ahead: the answer is begun, and its first clause spoken, at the first short pause."""
    return AgentSession(
        stt=ear,
        vad=VoiceActivity(_VAD_SILENCE_SECONDS),
        llm=model,
        tts=voice,
        turn_handling=TurnHandlingOptions(
            turn_detection=inference.TurnDetector(version="v1-mini"),
            endpointing={"mode": "fixed", "min_delay": _MIN_ENDPOINT_SECONDS, "max_delay": _MAX_ENDPOINT_SECONDS},
            interruption={"enabled": True, "mode": "vad", "min_duration": _INTERRUPTION_SECONDS},
            preemptive_generation={
                "enabled": True,
                "preemptive_tts": True,
                "max_retries": _MAX_TRIES,
                "max_speech_duration": _MAX_TRY_SPEECH_SECONDS,
            },
        ),
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


class Stages:
    """The audio of one caller, from and to the room."""

    def __init__(self, session: AgentSession[None], room: rtc.Room, caller: str, denoiser: Denoiser | None) -> None:
        self._denoiser = denoiser
        self._room_io = room_io.RoomIO(
            session,
            room,
            options=room_io.RoomOptions(
                audio_input=room_io.AudioInputOptions(
                    sample_rate=INPUT_RATE_HZ, frame_size_ms=FRAME_MS, auto_gain_control=False, pre_connect_audio=False
                ),
                audio_output=room_io.AudioOutputOptions(sample_rate=SAMPLE_RATE_HZ),
                text_input=False,
                text_output=False,
                participant_identity=caller,
                close_on_disconnect=False,
            ),
        )
        self._session = session

    async def start(self) -> SpokenOutput:
        """Puts the stages between the room and the session, which is to be started after this; answers the last one."""
        await self._room_io.start()
        source, sink = self._session.input.audio, self._session.output.audio
        assert source is not None
        assert sink is not None
        self._session.input.audio = DenoisedInput(source, self._denoiser)
        output = SpokenOutput(sink)
        self._session.output.audio = output
        return output

    async def close(self) -> None:
        """Leaves the room's audio."""
        await self._room_io.aclose()
        if self._denoiser:
            await self._denoiser.close()
