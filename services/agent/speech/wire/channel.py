"""gRPC channels to the endpoints of a pool, with the TLS and metadata from the catalogue."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from services.kit.catalogue import Pool
from services.kit.catalogue_file import CatalogueError
from services.kit.rpc.channel_options import ALIVE, RECONNECT

Metadata = tuple[tuple[str, str], ...]

_METADATA_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_FUNCTION_ID = "function-id"
_MAX_METADATA_BYTES = 16_384


@dataclass(frozen=True)
class Access:
    """How to connect to a pool. metadata: sent with every gRPC call; may contain secrets."""

    tls: bool = False
    metadata: Metadata = field(default=(), repr=False)


def access_of(pool: Pool, folder: Path) -> Access:
    """The access to a pool by the catalogue. folder: of the pool's metadata file.

    Raises: CatalogueError; its message never contains the file's content.
    """
    metadata = _read_metadata(folder / pool.metadata_file) if pool.metadata_file else ()
    if pool.function_id:
        metadata = ((_FUNCTION_ID, pool.function_id), *metadata)
    return Access(pool.tls, metadata)


def open_channel(address: str, access: Access) -> grpc.aio.Channel:
    """Opens a channel, which starts to connect at once. address: `host:port`.

    With TLS, gRPC's own root certificates, or those in GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, must verify the server.
    """
    if access.tls:
        channel = grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(), options=(*ALIVE, *RECONNECT))
    else:
        channel = grpc.aio.insecure_channel(address, options=(*ALIVE, *RECONNECT))
    channel.get_state(try_to_connect=True)
    return channel


def _read_metadata(path: Path) -> Metadata:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise CatalogueError(f"The metadata file {path} cannot be read ({fault.strerror}).") from fault
    if len(content) > _MAX_METADATA_BYTES:
        raise CatalogueError(f"The metadata file {path} is longer than {_MAX_METADATA_BYTES:,} bytes; shorten it.")
    pairs = []
    for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
        name, _, value = (part.strip() for part in line.partition(":"))
        if not line.strip() or line.startswith("#"):
            continue
        if not (_METADATA_NAME.fullmatch(name) and value and value.isascii() and value.isprintable()):
            raise CatalogueError(f'The metadata file {path} has a line {number} that is not "name: value" in ASCII.')
        pairs.append((name.lower(), value))
    return tuple(pairs)
