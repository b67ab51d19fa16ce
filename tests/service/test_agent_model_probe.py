"""The worker's question to the operator's language model, asked over real HTTP with the client of the calls."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import APIConnectionError

from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.worker import model_probe
from services.agent.worker.model_probe import CallBegan, ModelProbe
from services.kit.tasks import end
from tests.fixtures.scripted_llm import MODEL, ScriptedLLM
from tests.fixtures.sessions import until


def script(answer: str) -> str:
    return f"first_token_ms: 0\ntokens_per_second: 5000\nanswers:\n  - {{when: plus, {answer}}}\notherwise: No.\n"


LATE = script('say: "They want a sum, three and four.</think>Seven."')


class Worker:
    """A worker without LiveKit: its calls are a number."""

    def __init__(self, folder: Path, model: ScriptedLLM, name: str = MODEL) -> None:
        self.calls = 0
        self.shared = SharedState(folder)
        settings = AgentSettings(data_dir=folder, llm_url=model.url, llm_model=name)
        self.url, self.name = model.url, name
        self.probe = ModelProbe(settings, self.shared, lambda: self.calls)

    @property
    def noted(self) -> bool:
        return self.shared.late_marker_age_seconds(self.url, self.name) < 60

    @property
    def late(self) -> bool:
        return self.shared.has_late_marker(self.url, self.name)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_probe, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(model_probe, "_PAUSE_SECONDS", 0.05)


@pytest.fixture
def thinker() -> Iterator[ScriptedLLM]:
    with ScriptedLLM(LATE) as model:
        yield model


@pytest.mark.parametrize(
    ("answer", "late"),
    [
        ('say: "They want a sum.</think>Seven."', True),
        ('say: "They want a sum. [/THINK] Seven."', True),
        ('say: "<think>They want a sum.</think>Seven."', False),
        ("say: Seven.", False),
        # These show nothing: no answer, reasoning without an end, an answer that is cut off.
        ('say: ""', None),
        ('say: "<think>They want a sum."', None),
        (f'say: "{"word " * 300}"', None),
    ],
)
async def test_an_answer_shows_whether_only_the_end_of_the_reasoning_is_marked(
    answer: str, late: bool | None, tmp_path: Path
) -> None:
    with ScriptedLLM(script(answer)) as model:
        worker = Worker(tmp_path, model)
        assert await worker.probe.ask() is late
        (asked,) = model.requests
        assert asked.body["max_completion_tokens"] == 256
        assert len(str(asked.messages)) < 200


@pytest.mark.usefixtures("quick")
async def test_the_worker_asks_once_and_again_when_the_note_is_old_or_the_model_another(
    tmp_path: Path, thinker: ScriptedLLM
) -> None:
    async def asked(worker: Worker, count: int) -> None:
        task = asyncio.create_task(worker.probe.run())

        async def done() -> bool:
            return len(thinker.requests) == count and worker.noted

        await until(done)
        await asyncio.sleep(0.1)
        await end(task)
        assert len(thinker.requests) == count
        assert worker.late

    await asked(Worker(tmp_path, thinker), 1)
    # A worker that starts again knows the model.
    await asked(Worker(tmp_path, thinker), 1)
    await asked(Worker(tmp_path, thinker, "another"), 2)
    for note in (tmp_path / "late-markers").iterdir():
        os.utime(note, (time.time() - 3601,) * 2)
    await asked(Worker(tmp_path, thinker), 3)


@pytest.mark.usefixtures("quick")
async def test_a_model_that_no_longer_reasons_is_noted_as_such(tmp_path: Path) -> None:
    with ScriptedLLM(script("say: Seven.")) as model:
        worker = Worker(tmp_path, model)
        worker.shared.note_late_marker(worker.url, worker.name, True)
        (note,) = (tmp_path / "late-markers").iterdir()
        os.utime(note, (time.time() - 3601,) * 2)
        task = asyncio.create_task(worker.probe.run())

        async def noted() -> bool:
            return worker.noted

        await until(noted)
        await end(task)
        assert not worker.late


@pytest.mark.usefixtures("quick")
async def test_the_worker_does_not_ask_while_there_is_a_call(tmp_path: Path, thinker: ScriptedLLM) -> None:
    worker = Worker(tmp_path, thinker)
    worker.calls = 1
    task = asyncio.create_task(worker.probe.run())
    await asyncio.sleep(0.2)
    assert thinker.requests == []
    worker.calls = 0

    async def noted() -> bool:
        return worker.late

    await until(noted)
    await end(task)


async def test_a_call_that_begins_ends_the_question(tmp_path: Path) -> None:
    with ScriptedLLM(script(f'say: "{"word " * 50}", tokens_per_second: 20')) as model:
        worker = Worker(tmp_path, model)
        asking = asyncio.create_task(worker.probe.ask())
        await asyncio.sleep(0.3)
        worker.calls = 1
        began = time.monotonic()
        with pytest.raises(CallBegan):
            await asking
        # The whole answer takes two and a half seconds.
        assert time.monotonic() - began < 1.5


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("answer", "asked_again"),
    [
        # A model that is away or starts is asked soon again, one that costs time or tokens in an hour.
        ("say: Seven., refuse: {status: 503, times: 2}", True),
        ("say: Seven Eight., broken: {how: cut, after_words: 1}", True),
        ("say: Seven Eight., broken: {how: malformed, after_words: 1}", False),
        ("say: Seven., refuse: {status: 400}", False),
        ("say: Seven., first_token_ms: 1000", False),
        ('say: "<think>They want a sum."', False),
    ],
)
async def test_a_question_without_an_answer_is_not_asked_often(
    answer: str, asked_again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "first_token_ms" in answer:
        monkeypatch.setattr(model_probe, "_ANSWER_SECONDS", 0.3)
    with ScriptedLLM(script(answer)) as model:
        worker = Worker(tmp_path, model)
        task = asyncio.create_task(worker.probe.run())

        async def asked_twice() -> bool:
            return len(model.requests) > 1

        if asked_again:
            await until(asked_twice)
        else:
            await asyncio.sleep(1.0)
            assert len(model.requests) <= 1
        assert not task.done()
        await end(task)
        assert asked_again or not worker.noted


async def test_a_model_that_cannot_be_reached_is_no_fault_of_the_worker(tmp_path: Path) -> None:
    with ScriptedLLM(LATE) as model:
        worker = Worker(tmp_path, model)
    with pytest.raises(APIConnectionError):
        await worker.probe.ask()
    assert not worker.noted
