"""A call that is to sound like a recording: matched by the default stack, remembered for the next call."""

import asyncio
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from caller.caller import Caller
from deploy.local.settings import ROOT
from tests.fixtures.stack import StackThread

pytestmark = pytest.mark.timeout(180)

RECORDING = "kokoro-am-onyx.mp3"
GREETING = "This is Lumen Lamps."
MATCH_SECONDS = 90.0
# The search for a voice takes a core meanwhile, on a machine that may be busy with more than this.
GREETING_SECONDS = 40.0


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recording() -> Iterator[str]:
    handler = partial(_Quiet, directory=str(ROOT / "deploy" / "samples"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{RECORDING}"
        server.shutdown()
        thread.join(5.0)


async def _greeted(callbox: StackThread, url: str, found: bool) -> dict[str, Any]:
    """The history of a call with this recording; found: stay until its voice is found."""
    matches = callbox.stack.settings.folder / "matches"
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character, greeting=GREETING, reference_audio_url=url)
        async with Caller(grant) as caller:
            assert await caller.greeting(GREETING_SECONDS) == GREETING
            async with asyncio.timeout(MATCH_SECONDS):
                while found and not list(matches.glob("*.json")):
                    await asyncio.sleep(0.2)
        await sessions.ended(grant.session_id)
        return await sessions.history(grant.session_id)


async def test_a_voice_like_the_recording_speaks_and_is_remembered(callbox: StackThread, recording: str) -> None:
    """Slow: finding a voice takes dozens of syntheses."""
    first = await _greeted(callbox, recording, found=True)
    assert first["voice"]["likeness"] in ("matched", "plain")
    if first["voice"]["likeness"] == "plain":
        assert "not matched within" in first["voice"]["reason"]
    second = await _greeted(callbox, recording, found=False)
    assert second["voice"]["likeness"] == "matched"
    assert 0.5 < second["voice"]["similarity"] <= 1.0
    assert second["voice"]["voice"].startswith(("am_", "bm_", "af_", "bf_"))
    assert second["tts_provider"] == "kokoro"
