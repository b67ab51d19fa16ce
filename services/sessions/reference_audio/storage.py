"""Holds the reference audio of a call where files live, from its start until its worker has read it.

It may be lost: the agent then speaks with its usual voice. It is somebody's voice, so it is deleted soon.
"""

import asyncio
from datetime import timedelta

from services.kit.blobs import Blobs
from services.kit.errors import CallboxError
from services.kit.logs import get_logger
from services.sessions.adapters.outages import reaching

_FOLDER = "reference-audio/"
_FILES = "The file store"
# A start is answered within a second.
_KEEP_SECONDS = 0.5
_READ_SECONDS = 5.0
_SWEEP_INTERVAL_SECONDS = 10.0
_log = get_logger(__name__)


class ReferenceAudioStore:
    """One file for each call with reference audio. `run` deletes it when it is older than `keep_seconds`."""

    def __init__(self, blobs: Blobs, keep_seconds: float) -> None:
        self._blobs = blobs
        self._life = timedelta(seconds=keep_seconds)

    async def keep(self, session_id: str, content: bytes) -> None:
        """Stores the reference audio of a call. Raises: CallboxError `upstream_unavailable`."""
        async with reaching(_FILES, _KEEP_SECONDS):
            await self._blobs.put(_FOLDER + session_id, content)

    async def read(self, session_id: str) -> bytes | None:
        """The reference audio of a call; None when there is none. Raises: CallboxError `upstream_unavailable`."""
        async with reaching(_FILES, _READ_SECONDS):
            return await self._blobs.get(_FOLDER + session_id)

    async def run(self) -> None:
        """Deletes expired files until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_INTERVAL_SECONDS)
            try:
                await self.delete_expired()
            except CallboxError as fault:
                _log.warning("expired reference audio was not deleted; it is tried again", fault=str(fault))

    async def delete_expired(self) -> None:
        """Deletes the files that have expired. Raises: CallboxError `upstream_unavailable`."""
        for key in await self._blobs.older_keys(_FOLDER, self._life):
            await self._blobs.delete(key)
