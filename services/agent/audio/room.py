"""The audio of one caller, from and to a LiveKit room."""

from collections.abc import Awaitable, Sequence

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import room_io

from services.agent.audio.bridge import BridgeOutput
from services.agent.audio.denoise import FRAME_MS, INPUT_RATE_HZ, Denoiser, DenoiseStage
from services.agent.audio.earlier import limit_earlier_audio
from services.agent.audio.overlap import OverlapStage, mark_recorded
from services.agent.audio.resample import ResampleStage
from services.agent.audio.spoken import SpokenOutput
from services.agent.audio.stage import Stage, StagedInput
from services.agent.speech.pauses import SAMPLE_RATE_HZ as LISTENING_RATE_HZ
from services.agent.speech.speaking import SAMPLE_RATE_HZ as SPEAKING_RATE_HZ


def caller_stages(denoiser: Denoiser | None) -> list[Stage]:
    """The stages of the caller's audio before recognition and turn detection, in order."""
    denoise: list[Stage] = [DenoiseStage(denoiser)] if denoiser is not None else []
    return [OverlapStage(INPUT_RATE_HZ), *denoise, ResampleStage(INPUT_RATE_HZ, LISTENING_RATE_HZ)]


class RoomSound:
    """The audio of a call.

    caller: identity of the participant to receive from. connecting: done when the room is connected.
    """

    def __init__(self, room: rtc.Room, caller: str, stages: Sequence[Stage], connecting: Awaitable[None]) -> None:
        self._room = room
        self._caller = caller
        self._stages = stages
        self._connecting = connecting
        self._room_io: room_io.RoomIO | None = None
        self._input: StagedInput | None = None

    async def attach(self, session: AgentSession[None]) -> BridgeOutput:
        """Puts the stages between the room and a session, and waits for the room. Call it before the session starts.

        Returns the first output stage.
        """
        self._room_io = room_io.RoomIO(
            session,
            self._room,
            options=room_io.RoomOptions(
                audio_input=room_io.AudioInputOptions(
                    sample_rate=INPUT_RATE_HZ,
                    frame_size_ms=FRAME_MS,
                    auto_gain_control=False,
                    # What a client has recorded before the agent could hear it.
                    pre_connect_audio=True,
                ),
                audio_output=room_io.AudioOutputOptions(sample_rate=SPEAKING_RATE_HZ),
                text_input=False,
                text_output=False,
                participant_identity=self._caller,
                close_on_disconnect=False,
            ),
        )
        await self._room_io.start()
        limit_earlier_audio(self._room, self._caller)
        assert self._room_io._pre_connect_audio_handler is not None
        mark_recorded(self._room_io._pre_connect_audio_handler, INPUT_RATE_HZ)
        source, sink = session.input.audio, session.output.audio
        assert source is not None
        assert sink is not None
        session.input.audio = self._input = StagedInput(source, self._stages)
        output = BridgeOutput(SpokenOutput(sink))
        session.output.audio = output
        # The session starts after it, so that its first state reaches the room.
        await self._connecting
        return output

    async def close(self) -> None:
        """Closes the room's audio."""
        if self._room_io is not None:
            await self._room_io.aclose()
        if self._input is not None:
            await self._input.close()
