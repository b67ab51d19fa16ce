"""A call's recording on its way to a voice: what is said when none is found, and that what was found is remembered."""

from __future__ import annotations

import hashlib
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb

from services.agent.speech.matching import Matching
from services.agent.speech.wire.triton import Triton
from services.kit.identity import Signer
from tests.fixtures.sessions import NOBODY, MakeHouse, SessionsHouse, until
from tests.service.test_sessions_reference_audio import HERE, hosting, wav

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.fixtures.callers import DirectedWorker


@asynccontextmanager
async def matching(
    house: SessionsHouse, worker: DirectedWorker, session_id: str, folder: Path
) -> AsyncIterator[Matching]:
    triton = Triton(NOBODY)
    signer = Signer(house.settings.keys_dir, "agent")
    try:
        yield Matching(house.sessions, signer, session_id, worker.worker_id, triton, folder)
    finally:
        await triton.close()


async def started(house: SessionsHouse, worker: DirectedWorker, url: str = "") -> str:
    asked = {"reference_audio_url": url} if url else {}
    session_id = (await house.begin(**asked)).session.session_id

    async def claimed() -> bool:
        return session_id in worker.claims

    await until(claimed)
    return session_id


async def test_without_a_match_the_plain_voice_speaks_and_says_why(make_house: MakeHouse, tmp_path: Path) -> None:
    house = await make_house(outbound_allow=HERE)
    async with hosting() as host, house.worker() as worker:
        with_one = await started(house, worker, f"{host.base}/good.wav")
        async with matching(house, worker, with_one, tmp_path) as found:
            event = await found.find("en", "af_heart", seconds=10.0)
        assert (event.likeness, event.voice) == (pb.VOICE_LIKENESS_PLAIN, "af_heart")
        assert event.reason == "The recording could not be matched at that moment."
        async with matching(house, worker, with_one, tmp_path) as found:
            event = await found.find("en", "af_heart", seconds=0.0)
        assert event.reason == "The recording was not matched within 0 seconds."
        without = await started(house, worker)
        async with matching(house, worker, without, tmp_path) as found:
            event = await found.find("en", "af_heart", seconds=10.0)
        assert event.reason == "The recording is no longer there."


async def test_what_was_found_for_a_recording_is_remembered(make_house: MakeHouse, tmp_path: Path) -> None:
    """By content and language, so that the same recording under another address needs no engine again."""
    house = await make_house(outbound_allow=HERE)
    digest = hashlib.sha256(b"en\0" + wav(2)).hexdigest()
    (tmp_path / f"{digest}.json").write_text(json.dumps({"voice": "af_heart*0.6+af_bella*0.4", "similarity": 0.8}))
    async with hosting() as host, house.worker() as worker:
        session_id = await started(house, worker, f"{host.base}/good.wav")
        async with matching(house, worker, session_id, tmp_path) as found:
            event = await found.find("en", "af_heart", seconds=10.0)
            other = await found.find("es", "ef_dora", seconds=10.0)
    assert (event.likeness, event.voice) == (pb.VOICE_LIKENESS_MATCHED, "af_heart*0.6+af_bella*0.4")
    assert event.similarity == pytest.approx(0.8)
    assert other.likeness == pb.VOICE_LIKENESS_PLAIN
