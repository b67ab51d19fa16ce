"""The worker waits for the engines of its base language before it takes calls."""

from pathlib import Path

import grpc
import pytest

from deploy.local.settings import ROOT
from services.agent.shared_state import SharedState
from services.agent.worker.health import Health
from services.kit.catalogue_file import read
from services.kit.process import until_up

CATALOGUE = read(ROOT / "deploy" / "catalogue.toml")


async def test_engines_are_expected_until_their_server_is_up(tmp_path: Path) -> None:
    server = grpc.aio.server()
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    health = Health(lambda: CATALOGUE, ROOT / "deploy", address, SharedState(tmp_path))
    try:
        with pytest.raises(ConnectionError, match="no endpoint of the pool speech answers"):
            await health.expect(["speech"])
        await server.start()
        await until_up("the server", lambda: health.expect(["speech"]), 10)
    finally:
        await health.close()
        await server.stop(None)
