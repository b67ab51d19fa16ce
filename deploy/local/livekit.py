"""The LiveKit server on one machine: loopback only, without STUN or other outside servers."""

import json
import shutil
from pathlib import Path

from deploy.local.part import NotReady, Part
from deploy.local.probe import http_probe
from deploy.local.secret import Secrets
from deploy.local.settings import ROOT, LocalSettings
from services.kit.secret_files import write_private

_HOST = "127.0.0.1"
_NAME = "livekit-server"


def livekit_binary() -> Path | None:
    """The server that scripts/setup.sh installed, else the one on PATH."""
    built = ROOT / ".tools" / "bin" / _NAME
    if built.exists():
        return built
    found = shutil.which(_NAME)
    return Path(found) if found else None


def livekit_part(settings: LocalSettings, secrets: Secrets, environ: dict[str, str]) -> Part:
    """LiveKit's server as a part of the stack.

    Raises: NotReady if there is no binary.
    """
    binary = livekit_binary()
    if binary is None:
        raise NotReady("There is no livekit-server: run `make run`, which installs it, or put one on PATH.")
    folder = settings.folder / "livekit"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = folder / "livekit.yaml"
    content = {
        "port": settings.livekit_port,
        "bind_addresses": [_HOST],
        "key_file": str(secrets.livekit_keys_file),
        "rtc": {
            "node_ip": _HOST,
            "use_external_ip": False,
            "enable_loopback_candidate": True,
            "interfaces": {"includes": ["lo"]},
            "tcp_port": settings.livekit_tcp_port,
            "udp_port": settings.livekit_udp_port,
            # Without an entry clients are sent to public STUN servers; this one answers nothing and is on the machine.
            "stun_servers": [f"{_HOST}:{settings.livekit_udp_port}"],
        },
        # Calls are counted by sessions; the server must not refuse one by its own estimate of load.
        "limit": {"num_tracks": -1, "bytes_per_sec": -1},
        "webhook": {
            "api_key": secrets.livekit_key(),
            "urls": [f"http://{_HOST}:{settings.sessions_ops_port}/livekit/webhook"],
        },
        "logging": {"level": "warn", "pion_level": "error", "json": True},
    }
    # JSON is YAML.
    write_private(config, json.dumps(content, indent=1).encode())
    return Part(
        name="livekit",
        argv=(str(binary), "--config", str(config)),
        environ=environ,
        ready=http_probe(f"http://{_HOST}:{settings.livekit_port}/"),
    )
