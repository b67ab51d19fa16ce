"""Puts a changed catalogue in force for the calls that begin afterwards."""

import asyncio

from services.agent.shared_state import SharedState
from services.kit.catalogue_file import CatalogueFile

_LOOK_SECONDS = 1.0


async def follow(catalogue: CatalogueFile, shared: SharedState) -> None:
    """Watches the catalogue's file until cancelled."""
    in_force = catalogue.current()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if (current := catalogue.current()) is not in_force:
            shared.put_in_force(current)
            in_force = current
