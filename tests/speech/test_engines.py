"""The engines alone, without Triton."""

from pathlib import Path

import numpy as np
import pytest

from services.inference.engines.deepfilternet import FRAME_SAMPLES, DeepFilterNet
from services.inference.engines.moonshine import Moonshine
from services.inference.engines.recogniser import Hypothesis, Recogniser, Speech
from services.inference.engines.tokens import TokenTable
from tests.speech.sound import error_rate, recorded, said


@pytest.fixture(scope="module")
def moonshine() -> Moonshine:
    return Moonshine()


def heard(engine: Recogniser, *batch: Speech) -> list[Hypothesis]:
    """What an engine hears in clips that it is given together."""
    found = dict(each for each in engine.decode(batch) if each is not None)
    assert sorted(found) == list(range(len(batch)))
    return [found[place] for place in range(len(batch))]


def test_a_draft_keeps_the_text(moonshine: Moonshine) -> None:
    samples, text = recorded("quick_brown_fox")
    (fresh,) = heard(moonshine, Speech(samples))
    again, wrong_tail = heard(
        moonshine, Speech(samples, draft=fresh.tokens), Speech(samples, draft=(*fresh.tokens[:5], 77, 78, 79))
    )
    assert error_rate(text, fresh.text) == 0.0
    assert again.text == fresh.text
    assert wrong_tail.text == fresh.text


def test_a_draft_that_holds_shortens_the_work(moonshine: Moonshine) -> None:
    speech = Speech(recorded("quick_brown_fox")[0])
    passes = list(moonshine.decode([speech]))
    (_, hypothesis) = next(each for each in passes if each is not None)
    assert len(passes) > 10
    assert len(list(moonshine.decode([Speech(speech.samples, draft=hypothesis.tokens)]))) == 2


def test_clips_of_any_length_are_heard_together_as_they_are_alone(moonshine: Moonshine) -> None:
    clips = [recorded(name)[0] for name in ("hello_world", "quick_brown_fox", "counting")]
    clips.append(said("Can I send the lamp back if it stops working after two days?"))
    alone = [heard(moonshine, Speech(clip))[0] for clip in clips]
    drafts = [(), alone[1].tokens[:4], (), alone[3].tokens]
    together = heard(moonshine, *(Speech(clip, draft=draft) for clip, draft in zip(clips, drafts, strict=True)))
    # The 8-bit products of a batch share their scale, which may move a comma.
    assert [error_rate(one.text, other.text) for one, other in zip(alone, together, strict=True)] == [0.0] * len(clips)


def test_decoding_stops_when_asked(moonshine: Moonshine) -> None:
    asked = iter([False, False, False, True])
    stopped, whole = heard(
        moonshine, Speech(recorded("counting")[0], should_stop=lambda: next(asked)), Speech(recorded("hello_world")[0])
    )
    assert stopped.stopped
    assert 1 <= len(stopped.tokens) <= 3
    assert not whole.stopped


@pytest.mark.parametrize("samples", [0, 31 * 16_000])
def test_impossible_clips_are_refused(moonshine: Moonshine, samples: int) -> None:
    with pytest.raises(ValueError, match="a clip must have"):
        heard(moonshine, Speech(np.zeros(samples, np.float32)))


def test_a_cut_token_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(b"\x02ab\x05abc")
    with pytest.raises(ValueError, match="ends inside"):
        TokenTable.read(path)


def test_denoise_states_are_apart_and_come_back() -> None:
    engine = DeepFilterNet(threads=2, spare=2)
    try:
        assert engine.wait_ready(20.0)
        first, second = engine.open(), engine.open()
        noise = (np.random.default_rng(5).standard_normal(FRAME_SAMPLES * 100) * 0.05).astype(np.float32)
        quiet = np.zeros_like(noise)
        done = dict(engine.step([(first, noise, 100.0), (second, quiet, 100.0)]))
        filtered, untouched = done[0], done[1]
        assert filtered[-FRAME_SAMPLES * 20 :].std() < 0.1 * noise.std()
        assert np.abs(untouched).max() < 1e-4
        with pytest.raises(ValueError, match="multiple"):
            list(engine.step([(first, noise[:100], 100.0)]))
        engine.release(first)
        engine.release(second)
        assert engine.wait_ready(20.0)
    finally:
        engine.close()


def test_a_call_without_a_state_hears_itself_unfiltered() -> None:
    engine = DeepFilterNet(threads=1, spare=1)
    try:
        voices = [engine.open() for _ in range(3)]
        waiting = [voice for voice in voices if voice.handle is None]
        assert waiting
        sound = said("Hello there.")[: FRAME_SAMPLES * 4]
        np.testing.assert_array_equal(dict(engine.step([(waiting[-1], sound, 100.0)]))[0], sound)
        for voice in voices:
            engine.release(voice)
    finally:
        engine.close()
