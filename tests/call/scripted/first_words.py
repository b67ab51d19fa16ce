"""A caller who speaks before the agent can hear, and whose client records it and sends it afterwards."""

import asyncio
from contextlib import AsyncExitStack

from livekit import rtc
from livekit.rtc._proto.participant_pb2 import PARTICIPANT_STATE_ACTIVE as ACTIVE

from caller.connection import CONNECT_SECONDS
from caller.messages import Spoken, parse
from caller.session import Grant
from caller.uplink import Uplink
from caller.waveform import RATE_HZ
from tests.fixtures.conversation import ANSWERS, SATURDAY
from tests.fixtures.stack import StackThread

TOPIC = "lk.agent.pre-connect-audio-buffer"
ANSWER_SECONDS = 30.0


async def speaks_early(callbox: StackThread) -> None:
    """Sends what was said before the agent was there, and waits for the answer to it."""
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character, greeting="")
        said = await answered(grant)
        await sessions.ended(grant.session_id)
    assert [each.text for each in said if each.by_caller] == [SATURDAY.said]
    assert [each.text for each in said if not each.by_caller] == [ANSWERS[SATURDAY.said]]


async def answered(grant: Grant) -> list[Spoken]:
    """Sends the question as earlier audio when the agent is there, then silence; what was said in the end."""
    said: list[Spoken] = []
    replied, agent_here = asyncio.Event(), asyncio.Event()

    def take(packet: rtc.DataPacket) -> None:
        message = parse(packet.topic or "", bytes(packet.data))
        if isinstance(message, Spoken) and message.final:
            said.append(message)
            if not message.by_caller:
                replied.set()

    async with AsyncExitStack() as stack:
        room, uplink = rtc.Room(), Uplink()
        room.on("data_received", take)
        room.on("participant_active", lambda _: agent_here.set())
        stack.push_async_callback(uplink.source.aclose)
        async with asyncio.timeout(CONNECT_SECONDS):
            await room.connect(grant.livekit_url, grant.token)
            stack.push_async_callback(room.disconnect)
            # The agent may have been there first.
            if any(other.state == ACTIVE for other in room.remote_participants.values()):
                agent_here.set()
            track = rtc.LocalAudioTrack.create_audio_track("caller", uplink.source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, preconnect_buffer=True)
            published = await room.local_participant.publish_track(track, options)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        sending = group.create_task(uplink.run())
        stack.callback(sending.cancel)
        async with asyncio.timeout(ANSWER_SECONDS):
            await agent_here.wait()
            await send_earlier(room, published.sid)
            await replied.wait()
    return said


async def send_earlier(room: rtc.Room, track_sid: str) -> None:
    attributes = {"trackId": track_sid, "sampleRate": str(RATE_HZ), "channels": "1"}
    writer = await room.local_participant.stream_bytes(
        "earlier", topic=TOPIC, mime_type="audio/pcm", attributes=attributes
    )
    await writer.write(SATURDAY.samples.tobytes())
    await writer.aclose()
