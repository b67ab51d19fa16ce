"""The pure parts of `callbox call`."""

import json
from pathlib import Path

import numpy as np
import pytest

from caller.messages import PARTS, Fault, Spoken, State, Waterfall, parse
from caller.recording import Recording
from caller.session import Refused, Target
from caller.speech import SpeechError, from_file, from_text, with_pauses
from caller.turn import Turn, parts_of
from caller.waveform import RATE_HZ, Segment, segments_of
from cli.option_order import in_order


def test_lines_keep_the_order_of_the_command_line() -> None:
    argv = ["call", "bot", "--wav", "a.wav", "--say", "--say", "--json", "--wav=b.wav", "--say=One.", "--save", "x.wav"]
    values = {"--say": ["--say", "One."], "--wav": ["a.wav", "b.wav"]}
    assert in_order(argv, values) == [("--wav", "a.wav"), ("--say", "--say"), ("--wav", "b.wav"), ("--say", "One.")]


def test_lines_that_the_command_line_does_not_show_are_not_lost() -> None:
    assert in_order([], {"--say": ["One."]}) == [("--say", "One.")]


@pytest.mark.parametrize(
    ("topic", "body", "message"),
    [
        ("voice.reply", {"text": " Hi. ", "id": "a", "final": True}, Spoken("a", "Hi.", by_caller=False, final=True)),
        ("voice.reply", {"message": "Hi."}, Spoken("", "Hi.", by_caller=False, final=True)),
        (
            "voice.reply",
            {"type": "user_text", "text": "Yes", "id": "b", "final": False},
            Spoken("b", "Yes", by_caller=True, final=False),
        ),
        ("voice.reply", {"text": "  "}, None),
        ("voice.state", {"state": "speaking"}, State("speaking")),
        ("voice.state", {}, None),
        ("voice.error", {"code": "agent_lost", "message": "Gone."}, Fault("agent_lost", "Gone.")),
        ("voice.metrics", {"parts": "none"}, None),
        ("other", {"text": "x"}, None),
    ],
)
def test_messages_of_the_agent(topic: str, body: object, message: object) -> None:
    assert parse(topic, json.dumps(body).encode()) == message


@pytest.mark.parametrize("payload", [b"", b"[1]", b"\xff", b"null", b'{"text": '])
def test_malformed_messages_are_passed_over(payload: bytes) -> None:
    assert parse("voice.reply", payload) is None


def test_parts_add_up_to_voice_to_voice_on_one_clock() -> None:
    body = {
        "turn_index": 2,
        "reply_id": "r",
        "speech_end_ts": 100.06,
        "first_frame_ts": 100.5,
        "parts": {"end_of_turn": 300, "final_transcript": 0, "first_token": 100, "first_audio": 40, "playout": 0},
    }
    waterfall = parse("voice.metrics", json.dumps(body).encode())
    assert isinstance(waterfall, Waterfall)
    spoken, answer = Segment(98.0, 100.0), Segment(100.55, 102.0)
    parts = parts_of(spoken, answer, waterfall, one_clock=True)
    assert list(parts) == ["uplink", *PARTS, "downlink"]
    turn = Turn("hi", spoken, answer=answer, parts=parts)
    assert turn.voice_to_voice_ms == pytest.approx(550)
    assert sum(parts.values()) == pytest.approx(550)
    assert parts["uplink"] == pytest.approx(60)
    assert list(parts_of(spoken, answer, waterfall, one_clock=False)) == list(PARTS)
    assert parts_of(spoken, answer, None, one_clock=True) == {}
    filler = Segment(100.3, 100.45)
    assert list(parts_of(spoken, filler, waterfall, one_clock=True)) == ["uplink", *PARTS]


def test_a_turn_without_an_answer_is_told_as_such() -> None:
    turn = Turn("hi", Segment(0.0, 1.0), heard=("hi",))
    assert turn.as_json() == {"said": "hi", "heard": "hi", "reply": "", "voice_to_voice_ms": None, "parts": {}}


def test_a_recording_keeps_both_sides_on_one_time_line() -> None:
    recording = Recording()
    frame = np.full(480, 1_000, np.int16)
    for index in range(100):
        recording.add_caller(frame, 50.0 + index * 0.01)
    for index in range(10):  # a late and jittery agent
        recording.add_agent(frame * 2, 50.5 + index * 0.01 + (index % 3) * 0.004)
    both = recording.stereo()
    assert both.shape == (RATE_HZ, 2)
    assert (both[:, 0] == 1_000).all()
    agent = np.flatnonzero(both[:, 1])
    assert agent[0] == RATE_HZ // 2
    assert agent.size == 4_800, "jitter left gaps"


def test_pauses_inside_a_line_are_shortened_and_nothing_else() -> None:
    line = from_text("Do you sell desk lamps, or only lamps for the ceiling?")
    before, after = segments_of(line.samples), segments_of(with_pauses(line.samples, 0.15))
    assert len(before) == 2
    assert len(after) == 1, "a pause of 0.15 s is no pause"
    assert sum(each.seconds for each in before) + 0.15 == pytest.approx(after[0].seconds, abs=0.02)


def test_one_text_is_one_recording() -> None:
    assert np.array_equal(from_text("Hello.").samples, from_text("Hello.").samples)


def test_what_is_no_sound_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("not a sound")
    with pytest.raises(SpeechError, match="cannot be read as sound"):
        from_file(path)


def test_the_demo_account_is_used_for_its_own_address_only(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text(json.dumps({"base_url": "http://127.0.0.1:8000", "api_key": "sk_demo"}))
    assert Target.found(tmp_path, None, None) == Target("http://127.0.0.1:8000", "sk_demo")
    assert Target.found(tmp_path, "http://127.0.0.1:8000/", None).api_key == "sk_demo"
    assert Target.found(tmp_path, "https://voice.example.com", None) == Target("https://voice.example.com", "")
    with pytest.raises(Refused, match="make run"):
        Target.found(tmp_path / "empty", None, None)
