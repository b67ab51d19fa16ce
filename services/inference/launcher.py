"""Prepares tritonserver's folder, then replaces this process with tritonserver."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final, NoReturn

from services.inference import process_watch
from services.inference.profile import read_profile
from services.inference.settings import InferenceSettings
from services.inference.workspace import SetupError, Workspace, library_path, prepare

_EXIT_TIMEOUT_SECONDS: Final = 3
# Clients keep a connection for an hour and send keepalive pings. Triton's default closes such a connection as abuse.
_PING_INTERVAL_MS: Final = 5_000


def check_ports(settings: InferenceSettings) -> None:
    """Raise SetupError for the first port that is in use, with the name of its setting."""
    for name in ("triton_grpc_port", "triton_http_port", "triton_metrics_port"):
        port = getattr(settings, name)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.triton_host, port))
            except OSError as problem:
                raise SetupError(
                    f"{settings.triton_host}:{port} cannot be used ({problem.strerror}): "
                    f"set CALLBOX_{name.upper()} to a free port, or CALLBOX_TRITON_HOST"
                ) from problem


def _memory_prefix(grpc_port: int) -> str:
    return f"callbox-triton-{grpc_port}-"


def sweep_shared_memory(grpc_port: int) -> None:
    """Remove the shared memory of an earlier server on the same port that was killed."""
    for left in process_watch.SHARED_MEMORY.glob(f"{_memory_prefix(grpc_port)}*"):
        with contextlib.suppress(OSError):
            left.unlink()


def command(settings: InferenceSettings, workspace: Workspace, key: str) -> list[str]:
    """The command line of tritonserver. key: what a request to load or unload a model must carry."""
    restricted = f"model-repository:{process_watch.KEY_HEADER}={key}"
    return [
        str(workspace.binary),
        f"--model-repository={workspace.models}",
        f"--backend-directory={workspace.backends}",
        f"--backend-config=python,shm-region-prefix-name={_memory_prefix(settings.triton_grpc_port)}",
        "--disable-auto-complete-config",
        # process_watch loads the model again whose process has died. Nobody else may load or unload models.
        "--model-control-mode=explicit",
        "--load-model=*",
        f"--http-restricted-api={restricted}",
        f"--grpc-restricted-protocol={restricted}",
        f"--grpc-address={settings.triton_host}",
        f"--grpc-port={settings.triton_grpc_port}",
        f"--grpc-http2-min-recv-ping-interval-without-data={_PING_INTERVAL_MS}",
        "--grpc-keepalive-permit-without-calls=1",
        f"--http-address={settings.triton_host}",
        f"--http-port={settings.triton_http_port}",
        "--http-thread-count=2",
        f"--metrics-address={settings.triton_host}",
        f"--metrics-port={settings.triton_metrics_port}",
        "--allow-gpu-metrics=false",
        "--pinned-memory-pool-byte-size=0",
        f"--exit-timeout-secs={_EXIT_TIMEOUT_SECONDS}",
        "--log-info=false",
        "--log-format=ISO8601",
    ]


def _http_address(settings: InferenceSettings) -> str:
    """The address at which a process on this machine reaches tritonserver's HTTP port."""
    host = "127.0.0.1" if settings.triton_host == "0.0.0.0" else settings.triton_host  # noqa: S104  (compared, not bound)
    return f"{host}:{settings.triton_http_port}"


def environment(workspace: Workspace) -> dict[str, str]:
    """The environment of tritonserver and of its model processes."""
    return {
        # The engines have their own threads; numpy's thread pool would take their cores.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        **os.environ,
        "LD_LIBRARY_PATH": library_path(workspace, os.environ.get("LD_LIBRARY_PATH")),
    }


def launch(settings: InferenceSettings) -> NoReturn:
    """Replace this process with tritonserver, so that signals reach it. Raises SetupError, ValueError."""
    workspace = prepare(read_profile(settings.inference_profile), settings.data_dir)
    check_ports(settings)
    sweep_shared_memory(settings.triton_grpc_port)
    key = secrets.token_urlsafe(24)
    arguments = command(settings, workspace, key)
    sys.stdout.flush()
    sys.stderr.flush()
    subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(process_watch.__file__)), _http_address(settings)],
        env={**os.environ, process_watch.KEY_VARIABLE: key},
    )
    os.execve(workspace.binary, arguments, environment(workspace))  # noqa: S606  (no shell is needed)
