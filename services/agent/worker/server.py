"""The server of livekit-agents, which keeps the worker's job processes."""

import asyncio
import math
from functools import partial

from livekit import api, rtc
from livekit.agents import AgentServer, JobContext, JobProcess
from livekit.protocol.agent import WorkerMessage

from services.agent.settings import AgentSettings

# Time for a job process to store its history after it was told to end.
_SHUTDOWN_SECONDS = 130.0
_PRELOAD = ["services.agent.worker.preload"]
_API_SECONDS = 2.0


class JobServer(AgentServer):
    """Keeps job processes and runs jobs that it is given. It is not registered with LiveKit."""

    async def run(self, *, devmode: bool = False, unregistered: bool = True) -> None:
        """Runs until it is closed."""
        await super().run(devmode=devmode, unregistered=unregistered)

    async def _queue_msg(self, msg: WorkerMessage) -> None:
        # Messages for LiveKit. Without a connection nobody takes them from their queue: after 128 of them every further
        # one would wait for ever, and so would the end of the server.
        del msg


def make_server(settings: AgentSettings, worker_id: str, keys: tuple[str, str]) -> AgentServer:
    """The server of the job processes. It refuses no job because of load, since sessions counts the slots.

    keys: LiveKit's key and secret.
    """
    server = JobServer(
        ws_url=settings.livekit_url,
        api_key=keys[0],
        api_secret=keys[1],
        host="127.0.0.1",
        port=0,
        setup_fnc=_start_webrtc,
        load_fnc=lambda: 0.0,
        load_threshold=math.inf,
        num_idle_processes=min(settings.slots, 4),
        initialize_process_timeout=30.0,
        shutdown_process_timeout=_SHUTDOWN_SECONDS,
        preload_modules=_PRELOAD,
        log_level=settings.log_level.upper(),
    )
    server.rtc_session(partial(_entrypoint, worker_id=worker_id))
    return server


async def check_livekit(url: str, keys: tuple[str, str]) -> None:
    """Checks that LiveKit answers and accepts the key. Raises: an exception if not."""
    async with asyncio.timeout(_API_SECONDS), api.LiveKitAPI(url, *keys) as client:
        await client.room.list_rooms(api.ListRoomsRequest(names=["none"]))


def _start_webrtc(_: JobProcess) -> None:
    """Starts the WebRTC library in a new job process. Otherwise the first connection would, which takes 0.1 s."""

    async def make_track() -> None:
        rtc.LocalAudioTrack.create_audio_track("first", rtc.AudioSource(sample_rate=24_000, num_channels=1))

    asyncio.run(make_track())


async def _entrypoint(context: JobContext, worker_id: str) -> None:
    from services.agent.call.run import run_call  # the worker process does not need a call's modules

    await run_call(context, context.job.room.metadata, worker_id)
