"""Endpoints as the worker asks after them: those that answer, hang, or are not there."""

from pathlib import Path

import pytest

from services.agent.shared_state import SharedState
from services.agent.worker.health import Health
from tests.fixtures.riva_server import RivaStandIn
from tests.speech.engines import catalogue_of
from tests.speech.server import Server, free_ports, hanging

pytestmark = pytest.mark.asyncio


async def test_an_endpoint_that_hangs_or_is_gone_is_known_and_known_again_when_it_is_back(
    server: Server, tmp_path: Path
) -> None:
    shared = SharedState(tmp_path)
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    with RivaStandIn(server.url) as riva:
        triton = {"protocol": "triton", "endpoints": [server.url]}
        other = {"protocol": "riva", "endpoints": [riva.url, nobody]}
        health = Health(lambda: catalogue_of(triton, other), tmp_path, "", shared)
        try:
            await health.look()
            assert shared.endpoints_away() == set(), "once is not enough"
            await health.look()
            assert shared.endpoints_away() == {nobody}
            with hanging(server):
                await health.look()
                await health.look()
                assert shared.endpoints_away() == {nobody, server.url}
            await health.look()
            assert shared.endpoints_away() == {nobody}
        finally:
            await health.close()
