"""The sentence model, alone and on Triton."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient

from services.inference import protocol
from services.inference.engines.minilm import DIMENSIONS, MAX_TOKENS, MiniLm
from services.inference.profile import read_profile
from tests.fixtures.embedder import embedder
from tests.speech.client import ANSWER_SECONDS, TritonFault, connected, tensor
from tests.speech.server import Server

__all__ = ["embedder"]

RELATED = (
    ("When do you open on Saturday?", "Our shop opens at ten on Saturdays and closes at four."),
    ("How do I get my money back?", "Refunds are paid within 14 days of the return of the goods."),
    ("My chain is squeaking", "Oil the drivetrain of your bicycle every month."),
    ("Do you ship to Norway?", "We deliver to all Nordic countries; delivery takes three to five days."),
)


@pytest.fixture(scope="module")
def minilm() -> MiniLm:
    engine = MiniLm()
    engine.warm_up()
    return engine


def test_each_question_is_nearest_to_its_answer(minilm: MiniLm) -> None:
    questions, _ = minilm.embed([question for question, _ in RELATED])
    answers, _ = minilm.embed([answer for _, answer in RELATED])
    likeness = questions @ answers.T
    assert likeness.argmax(axis=1).tolist() == list(range(len(RELATED)))
    others = likeness[~np.eye(len(RELATED), dtype=bool)]
    assert likeness.diagonal().min() > others.max() + 0.1


def test_a_batch_equals_its_texts_alone(minilm: MiniLm) -> None:
    texts = ["Yes.", "a longer one " * 30, "", *(answer for _, answer in RELATED), "word " * 700]
    together, counts = minilm.embed(texts)
    alone = np.concatenate([minilm.embed([text])[0] for text in texts])
    assert together.shape == (len(texts), DIMENSIONS)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    assert counts[2] == 0
    assert counts[-1] == 700


def test_what_is_beyond_the_models_length_is_not_read_and_counted(minilm: MiniLm) -> None:
    held = "word " * (MAX_TOKENS - 2)
    (cut, whole, differs), counts = minilm.embed([held + "tail " * 50, held, "tail " + held])
    np.testing.assert_allclose(cut, whole, atol=1e-5)
    assert np.abs(differs - whole).max() > 1e-3
    assert counts == [MAX_TOKENS - 2 + 50, MAX_TOKENS - 2, MAX_TOKENS - 1]


def test_the_protocol_says_what_the_engine_does() -> None:
    assert protocol.EMBED_DIMENSIONS == DIMENSIONS
    assert protocol.EMBED_MAX_TOKENS == MAX_TOKENS - 2


def test_a_profile_without_a_model_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    with pytest.raises(ValueError, match="at least one of stt, tts, denoise, embed, voice_match"):
        read_profile(str(path))


def texts(values: list[str | bytes], shape: tuple[int, ...] | None = None) -> InferInput:
    """The `text` input, shape [n, 1]."""
    array = np.array([value.encode() if isinstance(value, str) else value for value in values], np.object_)
    array = array.reshape(shape or (-1, 1))
    made = InferInput("text", list(array.shape), "BYTES")
    made.set_data_from_numpy(array)
    return made


async def asked(client: InferenceServerClient, *requests: InferInput, **options: Any) -> list[Any]:
    """What comes back on one stream with these requests: results or faults, in the order of their coming."""

    async def each() -> AsyncIterator[dict[str, Any]]:
        for number, request in enumerate(requests):
            yield {"model_name": protocol.EMBED_MODEL, "inputs": [request], "request_id": str(number), **options}

    answers = client.stream_infer(each(), stream_timeout=ANSWER_SECONDS)
    return [TritonFault(str(fault)) if fault is not None else result async for result, fault in answers]


async def embedded(client: InferenceServerClient, values: list[str | bytes]) -> NDArray[np.float32]:
    (answer,) = await asked(client, texts(values))
    if isinstance(answer, TritonFault):
        raise answer
    directions: NDArray[np.float32] = answer.as_numpy("embedding")
    return directions


async def test_requests_of_several_clients_are_answered_as_the_engine_would(embedder: Server, minilm: MiniLm) -> None:
    """One answer a request, whatever Triton made a batch of."""
    batches: list[list[str | bytes]] = [[question] for question, _ in RELATED]
    batches += [[answer for _, answer in RELATED], ["", "word " * 600]]
    async with connected(embedder.url) as client:
        found = await asyncio.gather(*(embedded(client, batch) for batch in batches))
    for batch, directions in zip(batches, found, strict=True):
        expected, _ = minilm.embed([str(text) for text in batch])
        np.testing.assert_allclose(directions, expected, atol=1e-5)


async def test_a_stream_takes_many_requests_and_answers_each_once(embedder: Server) -> None:
    async with connected(embedder.url) as client:
        answers = await asked(client, *(texts([f"Sentence number {number}."]) for number in range(50)), priority=1)
    assert sorted(int(answer.get_response().id) for answer in answers) == list(range(50))


async def test_bad_input_is_told_and_harms_nobody(embedder: Server) -> None:
    async with connected(embedder.url) as client:
        for request, sentence in (
            (texts([b"\xff\xfe"]), "invalid_input: `text` is not UTF-8"),
            (texts(["x" * (protocol.EMBED_MAX_CHARACTERS + 1)]), "invalid_input: a text has 50001 characters"),
            (texts(["one", "two"], (1, 2)), "shape"),
            (texts(["many"] * 9), "batch-size must be <= 8"),
            (tensor("text", [1.0], "FP32"), "BYTES"),
        ):
            bad, good = await asyncio.gather(asked(client, request), embedded(client, ["good"]))
            assert len(bad) == 1
            assert isinstance(bad[0], TritonFault)
            assert sentence in str(bad[0])
            assert good.shape == (1, DIMENSIONS)
    assert embedder.process.poll() is None
