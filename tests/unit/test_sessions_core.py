"""Page tokens, end reasons, the deadline timer and LiveKit's key file."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import CallboxError, Code
from services.kit.livekit_keys import read_keys
from services.kit.settings import SettingsError
from services.sessions.history.reader import read_token, write_token
from services.sessions.lifecycle import end_reasons
from services.sessions.lifecycle.deadline_timer import DeadlineTimer


def test_a_page_token_is_read_back() -> None:
    moment = datetime(2026, 11, 5, 10, 0, 0, 123456, UTC)
    assert read_token(write_token(moment, 42)) == (moment, 42)


@pytest.mark.parametrize("token", ["x", "é", "MTIz", "LjEu", write_token(datetime(2026, 1, 1, tzinfo=UTC), 1)[:-3]])
def test_a_page_token_of_another_list_is_refused(token: str) -> None:
    with pytest.raises(CallboxError) as caught:
        read_token(token)
    assert caught.value.code is Code.INVALID_REQUEST


def test_every_reason_has_the_contracts_name() -> None:
    known = {
        *("client_left", "agent_ended", "handoff_failed", "max_call_seconds", "idle_timeout", "ended_by_api"),
        *("agent_unavailable", "agent_lost", "never_joined", "error"),
    }
    assert {end_reasons.name(reason) for reason in pb.EndReason.values()} == known | {""}
    assert all(end_reasons.name(end_reasons.number(name)) == name for name in known)


@pytest.mark.asyncio
@pytest.mark.looptime
async def test_the_deadline_timer_wakes_at_its_interval_and_at_each_deadline() -> None:
    loop = asyncio.get_running_loop()
    timer = DeadlineTimer()
    began = loop.time()
    await timer.sleep(0.05)
    assert loop.time() - began == pytest.approx(0.05)

    sleeper = asyncio.create_task(timer.sleep(60.0))
    await asyncio.sleep(0)
    began = loop.time()
    timer.wake_in(5.0)
    timer.wake_in(0.1)
    await sleeper
    assert 0.1 <= loop.time() - began <= 0.3

    began = loop.time()
    await timer.sleep(0.05)
    assert loop.time() - began == pytest.approx(0.05)


def test_the_key_file_is_read_and_a_bad_one_named(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    with pytest.raises(SettingsError, match="CALLBOX_LIVEKIT_KEYS_FILE"):
        read_keys(file)
    file.write_text("# nothing\n")
    with pytest.raises(SettingsError, match="key: secret"):
        read_keys(file)
    file.write_text("API1: one\nAPI2: two\n")
    keys = read_keys(file)
    assert (keys.key, keys.secret) == ("API1", "one")
    assert "one" not in repr(keys)
