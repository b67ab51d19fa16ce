"""Checks that the ports of the parts are free, and picks free ports."""

import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from deploy.local.demo.shop import HOST as SHOP_HOST
from deploy.local.settings import LocalSettings

Protocol = Literal["tcp", "udp"]

_KINDS: dict[Protocol, socket.SocketKind] = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
_LOOPBACK = "127.0.0.1"
# Below Linux's default range for outgoing connections (32768 up), so that no outgoing connection takes a port after it
# was picked and before its owner listens.
_PICK_FROM = range(15000, 32000)
_PICK_TRIES = 400


class PortsTaken(Exception):
    """Ports that are in use; the message names each one and the setting that changes it."""


@dataclass(frozen=True, slots=True)
class Port:
    """One port that a part listens on."""

    setting: str
    part: str
    host: str
    number: int
    protocol: Protocol = "tcp"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"CALLBOX_{self.setting.upper()}"


def ports_of(settings: LocalSettings) -> Iterator[Port]:
    """Every port of the stack, in the order of the settings."""
    for name in type(settings).model_fields:
        if name != "port" and not name.endswith("_port"):
            continue
        if name == "llm_port" and not settings.runs_local_llm:
            continue
        part = "gateway" if name == "port" else name.split("_", maxsplit=1)[0]
        host = {"port": settings.host, "shop_port": SHOP_HOST}.get(name, _LOOPBACK)
        yield Port(name, part, host, getattr(settings, name), "udp" if name == "livekit_udp_port" else "tcp")


def check_ports(settings: LocalSettings) -> None:
    """Tries to bind each port.

    Raises: PortsTaken with every port that is in use or set for two parts, and the settings that change them.
    """
    faults: list[str] = []
    owners: dict[tuple[Protocol, int], Port] = {}
    for port in ports_of(settings):
        other = owners.setdefault((port.protocol, port.number), port)
        if other is not port:
            faults.append(f"port {port.number} is given to both {other.variable} and {port.variable}")
        elif not _bindable(port.host, port.number, port.protocol):
            what = f"{port.protocol} port {port.number} on {port.host} ({port.part})"
            faults.append(f"{what} is taken: free it or set {port.variable} to another port")
    if faults:
        raise PortsTaken("Nothing was started:\n" + "\n".join(f"  {fault}" for fault in faults))


def pick_ports(count: int) -> list[int]:
    """Ports free on loopback for TCP and UDP, all different.

    Raises: OSError if not enough ports are free.
    """
    picked: list[int] = []
    with ExitStack() as held:
        for _ in range(_PICK_TRIES):
            if len(picked) == count:
                return picked
            number = random.choice(_PICK_FROM)  # noqa: S311 - spread, not secrecy
            pair = ExitStack()
            try:
                for kind in _KINDS.values():
                    pair.enter_context(socket.socket(socket.AF_INET, kind)).bind((_LOOPBACK, number))
            except OSError:
                pair.close()
                continue
            held.push(pair.pop_all())
            picked.append(number)
    raise OSError(f"Only {len(picked)} of {count} free ports were found; end what listens on the others.")


def _bindable(host: str, number: int, protocol: Protocol) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, _KINDS[protocol]) as probe:
        if protocol == "tcp":
            # Servers set it, too: a port in TIME_WAIT can be used.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError:
            return False
        return True
