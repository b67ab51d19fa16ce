"""Contract 3.5: the TypeScript client, its types from the OpenAPI document, on the real gateway."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.http.site import Site

EXAMPLE = Path(__file__).parents[2] / "clients" / "typescript" / "dist" / "example.js"
_EXAMPLE_SECONDS = 30


async def test_the_example_starts_a_call_and_reads_the_history(site: Site) -> None:
    assert EXAMPLE.exists(), "the client is not built: run `scripts/setup.sh test`"
    environ = {**os.environ, "CALLBOX_URL": site.base_url, "CALLBOX_API_KEY": site.key}
    async with site.house.worker():
        for agent, code in (("support-bot", 0), ("nobody-here", 1)):
            process = await asyncio.create_subprocess_exec(
                "node",
                EXAMPLE,
                env=environ | {"CALLBOX_AGENT": agent},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            output, errors = await asyncio.wait_for(process.communicate(), _EXAMPLE_SECONDS)
            assert process.returncode == code, errors.decode()
            if code:
                assert errors.decode().startswith("not_found: ")
                continue
            join = json.loads(output.decode().splitlines()[0])
            assert join["livekit_url"] == site.house.livekit.websocket_url
            assert join["session"] in output.decode().split("\n", 1)[1]
