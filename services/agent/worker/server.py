"""The worker as LiveKit and sessions know it."""

import math
from pathlib import Path

from livekit.agents import AgentServer, JobContext

from services.agent.settings import AgentSettings
from services.kit.catalogue import Catalogue

_AGENT_NAME_PREFIX = "callbox-"
_CATALOGUE_NAME = "catalogue.json"
# A job process that is asked to end gets this long to have its history stored.
_SHUTDOWN_SECONDS = 130.0
# Imported once for all job processes. The first four would otherwise be imported by a call's first question, on its
# event loop, which takes up to 0.4 s.
_PRELOAD = [
    "anyio._backends._asyncio",
    "anyio.streams.memory",
    "openai.lib.streaming.chat",
    "openai.pagination",
    "services.agent.call.run",
]


def agent_name(worker_id: str) -> str:
    """The LiveKit agent name of one worker alone, so that a dispatch reaches the worker whose slot was taken."""
    return _AGENT_NAME_PREFIX + worker_id


def worker_id_of(name: str) -> str:
    """The worker behind an agent name."""
    return name.removeprefix(_AGENT_NAME_PREFIX)


def matches_folder(data_dir: Path) -> Path:
    """Where the worker remembers which voice is nearest to which recording."""
    return data_dir / "matches"


def lines_folder(data_dir: Path) -> Path:
    """Where the audio of the lines lies that need no engine."""
    return data_dir / "lines"


def put_in_force(data_dir: Path, catalogue: Catalogue) -> None:
    """Makes a catalogue the one of all calls that begin from now on."""
    draft = data_dir / "catalogue.draft"
    draft.write_text(catalogue.model_dump_json())
    draft.rename(data_dir / _CATALOGUE_NAME)


def catalogue_in_force(data_dir: Path) -> Catalogue:
    """The catalogue that the worker has found to be without faults, whatever its file has become meanwhile."""
    return Catalogue.model_validate_json((data_dir / _CATALOGUE_NAME).read_bytes())


def livekit_keys(path: Path) -> tuple[str, str]:
    """Key and secret from a file with one line `key: secret`."""
    key, _, secret = path.read_text().strip().splitlines()[0].partition(":")
    return key.strip(), secret.strip()


def make_server(settings: AgentSettings, worker_id: str) -> AgentServer:
    """The LiveKit worker. It never sheds load: slots are counted by sessions."""
    key, secret = livekit_keys(settings.livekit_keys_file)
    server = AgentServer(
        ws_url=settings.livekit_url,
        api_key=key,
        api_secret=secret,
        host="127.0.0.1",
        port=0,
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


async def _entrypoint(context: JobContext) -> None:
    from services.agent.call.run import run_call  # the worker itself needs none of what a call needs

    await run_call(context)
