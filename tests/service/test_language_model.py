"""The worker's client against the real local language model: what is given up must not cost the next answer."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from deploy.local.ports import pick_ports
from deploy.local.seed import character
from deploy.local.settings import LocalSettings
from deploy.local.warm_up import warm_up
from services.agent.thinking.turnstile import Turnstile

_MODEL = "smollm2-135m-instruct"
_KEY = "a-key-of-this-test"
_READY_SECONDS, _STOP_SECONDS = 30.0, 10.0
# About five hundred tokens. A question after them has about thirty.
_PROMPT = "You answer questions about a shop for lamps. " + "It is open from nine to five, Monday to Friday. " * 35
_ANSWER_TOKENS = 100


def _request(said: str, prompt: str = _PROMPT) -> dict[str, object]:
    messages = [{"role": "system", "content": prompt}, {"role": "user", "content": said}]
    return {"model": "local", "messages": messages, "stream": True, "max_completion_tokens": _ANSWER_TOKENS} | {
        # Each chunk says how many tokens of the prompt were read for it, and how many were still known.
        "timings_per_token": True
    }


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the local model with three slots. It remembers prompts, so each test has one of its own."""
    (port,) = pick_ports(1)
    key = tmp_path_factory.mktemp("language-model") / "key"
    key.write_text(_KEY)
    command = [sys.executable, "-m", "deploy.local.llm", _MODEL, str(port), "3", "1", str(key)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        give_up_at = time.monotonic() + _READY_SECONDS
        with httpx2.Client() as client:
            while True:
                with contextlib.suppress(httpx2.HTTPError):
                    if client.get(f"http://127.0.0.1:{port}/health").is_success:
                        break
                assert time.monotonic() < give_up_at, "the language model did not come up"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(_STOP_SECONDS)


@contextlib.asynccontextmanager
async def _client(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_keepalive_connections=0)
    async with httpx2.AsyncClient(
        base_url=address,
        headers={"Authorization": f"Bearer {_KEY}"},
        transport=Turnstile(httpx2.AsyncHTTPTransport(limits=limits)),
        timeout=30.0,
    ) as client:
        yield client


async def _tokens_read(client: httpx2.AsyncClient, said: str, prompt: str = _PROMPT) -> int:
    """Tokens of the prompt that were read anew before the answer began; the rest of the answer is not wanted."""
    async with client.stream("POST", "/v1/chat/completions", json=_request(said, prompt)) as answer:
        assert answer.is_success
        async for line in answer.aiter_lines():
            if '"content":"' in line:
                return int(json.loads(line.removeprefix("data: "))["timings"]["prompt_n"])
    raise AssertionError("no answer")


@pytest.mark.timeout(240)  # 24 answers of a busy machine
async def test_answers_given_up_at_any_moment_leave_the_prompt_known(address: str) -> None:
    """What was read of a prompt is not read again. Counted in tokens: seconds depend on the machine.

    Slow: dozens of answers of a real model.
    """
    async with _client(address) as client:
        whole = await _tokens_read(client, "Hello")
        read = []
        for number in range(12):
            question = f"I have {number} questions, and"
            unwanted = asyncio.create_task(_tokens_read(client, question))
            await asyncio.sleep(number / 50)
            unwanted.cancel()
            await asyncio.gather(unwanted, return_exceptions=True)
            read.append(await _tokens_read(client, f"{question} the first is this: are you open?"))
    assert whole > 400
    assert max(read) < whole / 5, read


async def test_a_question_that_waits_for_another_is_answered_from_the_same_slot(address: str) -> None:
    prompt = f"You are polite. {_PROMPT}"
    async with _client(address) as client:
        whole = await _tokens_read(client, "Hello", prompt)
        most = 0
        for number in range(6):
            question = f"I have {number} questions, and"
            ahead = asyncio.create_task(
                client.post("/v1/chat/completions", json=_request(question, prompt) | {"max_completion_tokens": 1})
            )
            await asyncio.sleep(0.01)
            most = max(most, await _tokens_read(client, f"{question} the first is this: are you open?", prompt))
            assert (await ahead).is_success
    assert whole > 400
    assert most < whole / 5


async def test_the_prompt_of_the_demo_character_is_known_before_the_first_call(address: str) -> None:
    settings = LocalSettings(llm_port=int(address.rpartition(":")[2]))
    demo = character(settings)
    async with _client(address) as client:
        whole = await _tokens_read(client, "What time do you open?", "Another prompt. " + demo["system_prompt"])
        assert await warm_up(settings, _KEY, demo["system_prompt"], demo["greeting"]) == ""
        first = await _tokens_read(client, "What time do you open?", demo["system_prompt"])
    assert first < whole / 4, (first, whole)


async def test_a_language_model_that_cannot_read_ahead_is_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings = LocalSettings(llm_port=probe.getsockname()[1])
        assert "ConnectError" in await warm_up(settings, _KEY, "You are a bot.", "Hello.")


async def test_one_request_at_a_time(address: str) -> None:
    async with _client(address) as client:
        async with client.stream("POST", "/v1/chat/completions", json=_request("Hello")) as first:
            assert first.is_success
            second = asyncio.create_task(client.get("/health"))
            await asyncio.sleep(0.1)
            assert not second.done()
            await first.aread()
        assert (await asyncio.wait_for(second, 5)).is_success


async def test_a_server_that_is_away_is_told_and_blocks_nobody() -> None:
    async with _client("http://127.0.0.1:9") as client:
        for _ in range(2):
            with pytest.raises(httpx2.ConnectError):
                await client.get("/health")


async def test_closing_ends_what_was_given_up(address: str) -> None:
    async with _client(address) as client:
        unwanted = asyncio.create_task(_tokens_read(client, "Hello"))
        await asyncio.sleep(0.2)
        unwanted.cancel()
        await asyncio.gather(unwanted, return_exceptions=True)
    assert {task.get_name() for task in asyncio.all_tasks()}.isdisjoint({"language-model-exchange"})
