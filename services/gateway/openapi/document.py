"""The OpenAPI document without a running gateway: `python -m services.gateway.openapi.document` prints it."""

import asyncio
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from services.gateway.app import build
from services.gateway.backends import Backends
from services.gateway.settings import GatewaySettings

# The channels to this address are never used.
_NOWHERE = "127.0.0.1:9"


@cache
def document() -> dict[str, Any]:
    """The document that a gateway of this code serves at `/api/schema/`."""
    # In a thread of its own, because the caller's thread may run an event loop already.
    with ThreadPoolExecutor(1) as thread, tempfile.TemporaryDirectory() as folder:
        return thread.submit(asyncio.run, _describe(Path(folder))).result()


async def _describe(folder: Path) -> dict[str, Any]:
    settings = GatewaySettings(
        keys_dir=folder, accounts_address=_NOWHERE, characters_address=_NOWHERE, sessions_address=_NOWHERE
    )
    backends = Backends.open(settings)
    try:
        return build(settings, backends).openapi()
    finally:
        await backends.close()


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
