"""Moonshine: drafts, batches, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest

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
