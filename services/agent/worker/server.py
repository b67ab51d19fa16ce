"""The worker's LiveKit agent server."""

import asyncio
import math
from pathlib import Path

from livekit import rtc
from livekit.agents import AgentServer, JobContext, JobProcess

from services.agent.settings import AgentSettings

_AGENT_NAME_PREFIX = "callbox-"
# Time for a job process to store its history after it was told to end.
_SHUTDOWN_SECONDS = 130.0
_PRELOAD = ["services.agent.worker.preload"]


def agent_name(worker_id: str) -> str:
    """The LiveKit agent name, unique for each worker, so that a dispatch reaches the worker whose slot was taken."""
    return _AGENT_NAME_PREFIX + worker_id


def make_server(settings: AgentSettings, worker_id: str) -> AgentServer:
    """The LiveKit agent server. It never refuses a job because of load, since sessions counts the slots."""
    key, secret = _livekit_keys(settings.livekit_keys_file)
    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=key,
        api_secret=secret,
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
    server.rtc_session(_entrypoint, agent_name=agent_name(worker_id))
    return server


def _start_webrtc(_: JobProcess) -> None:
    """Starts the WebRTC library in a new job process. Otherwise the first connection would, which takes 0.1 s."""

    async def make_track() -> None:
        rtc.LocalAudioTrack.create_audio_track("first", rtc.AudioSource(sample_rate=24_000, num_channels=1))

    asyncio.run(make_track())


def _livekit_keys(path: Path) -> tuple[str, str]:
    """Key and secret from a file with one line `key: secret`."""
    key, _, secret = path.read_text().strip().splitlines()[0].partition(":")
    return key.strip(), secret.strip()


async def _entrypoint(context: JobContext) -> None:
    from services.agent.call.run import run_call  # the worker process does not need a call's modules

    await run_call(context, context.job.agent_name.removeprefix(_AGENT_NAME_PREFIX))
