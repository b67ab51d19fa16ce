"""Puts a changed catalogue in force for the calls that begin afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from services.agent.shared_state import SharedState
from services.agent.speech.engine import EngineError
from services.kit.catalogue import Catalogue
from services.kit.catalogue_file import CatalogueError, CatalogueFile
from services.kit.logs import get_logger
from services.kit.process import until_up

_LOOK_SECONDS = 1.0
# A voice that is new may be on a server that starts at the same time.
_LINES_SECONDS = 20.0
_log = get_logger(__name__)


async def follow(
    catalogue: CatalogueFile, shared: SharedState, make_lines: Callable[[Catalogue], Awaitable[None]]
) -> None:
    """Watches the catalogue's file until cancelled.

    make_lines: makes the fixed lines that calls need with a catalogue. They are made before it comes into force, so
    that calls have them in the new default voice. If they cannot be made, calls speak them in another voice.
    """
    in_force = catalogue.current()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        current = catalogue.current()
        if current is in_force:
            continue
        try:
            async with asyncio.timeout(_LINES_SECONDS):
                await until_up("the changed catalogue's voice", partial(make_lines, current))
        except (EngineError, TimeoutError, CatalogueError) as fault:
            _log.warning("fixed lines not recorded, calls speak them in another voice", fault=repr(fault))
        shared.put_in_force(current)
        in_force = current
