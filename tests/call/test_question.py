"""A question asked aloud from the terminal, and everything that must be true of the answer."""

import json
import re
from typing import Any

import pytest
import soundfile

from bench.words import word_error_rate
from caller.waveform import Samples, segments_of
from tests.call.question import QUESTION, Asked, metric
from tests.fixtures.listener import transcribe
from tests.fixtures.sessions import until
from tests.fixtures.stack import StackThread
from tests.fixtures.stacks import SLOTS

pytestmark = pytest.mark.timeout(180)

LOOP_SECONDS = 0.1


@pytest.fixture(scope="module")
def sides(asked: Asked) -> tuple[Samples, Samples]:
    """The caller's sound and the agent's."""
    both, rate_hz = soundfile.read(asked.recording, dtype="int16")
    assert rate_hz == 48_000
    return both[:, 0].copy(), both[:, 1].copy()


def test_the_question_is_heard_and_answered(asked: Asked) -> None:
    (turn,) = asked.run.json["turns"]
    assert turn["said"] == QUESTION
    assert word_error_rate(QUESTION, turn["heard"]) <= 0.2, turn["heard"]
    assert turn["reply"]
    assert asked.run.json["end_reason"] == "client_left"


def test_no_event_loop_stood_still_during_the_call(callbox: StackThread, asked: Asked) -> None:
    """Judged by processor time, since a crowded machine stops every loop."""

    async def job_is_over() -> bool:
        ended = [index for index, event in enumerate(events()) if event.get("session_id") == asked.session_id]
        return any(event["event"] == "process exiting" for event in events()[ended[-1] :])

    def events() -> list[dict[str, Any]]:
        lines = callbox.stack.lines.path("agent").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    callbox.wait(until(job_is_over))
    blocked = [event for event in events() if event["event"].startswith("event loop blocked")]
    assert [event for event in blocked if event["cpu_time"] >= LOOP_SECONDS] == []


def test_the_parts_of_the_latency_add_up_to_what_the_waveform_says(asked: Asked) -> None:
    (turn,) = asked.run.json["turns"]
    assert list(turn["parts"]) == [
        "uplink",
        "end_of_turn",
        "final_transcript",
        "first_token",
        "first_audio",
        "playout",
        "downlink",
    ]
    assert 0 < turn["voice_to_voice_ms"] < 5_000
    assert sum(turn["parts"].values()) == pytest.approx(turn["voice_to_voice_ms"], abs=60)


def test_the_caller_hears_the_words_of_the_reply(
    callbox: StackThread, asked: Asked, sides: tuple[Samples, Samples]
) -> None:
    caller, agent = sides
    (turn,) = asked.run.json["turns"]
    end_of_question = round(segments_of(caller)[-1].end * 48_000)
    heard = transcribe(_triton(callbox), agent[end_of_question:])
    assert word_error_rate(turn["reply"], heard) <= 0.35, f"{turn['reply']!r} was heard as {heard!r}"


def test_the_greeting_is_spoken_first(callbox: StackThread, asked: Asked, sides: tuple[Samples, Samples]) -> None:
    caller, agent = sides
    start_of_question = round(segments_of(caller)[0].start * 48_000)
    heard = transcribe(_triton(callbox), agent[:start_of_question])
    greeting = asked.history["transcript"][0]["text"]
    assert word_error_rate(greeting, heard) <= 0.35, f"{greeting!r} was heard as {heard!r}"


def test_the_history_is_complete(asked: Asked) -> None:
    """A busy machine may hold back the caller's sound and so divide the question into several turns."""
    (turn,) = asked.run.json["turns"]
    history = asked.history
    transcript = history["transcript"]
    greeting, *exchange = transcript
    questions = [each for each in exchange if each["role"] == "user"]
    answers = [each for each in exchange if each["role"] == "assistant"]
    assert greeting["role"] == "assistant"
    assert [each["turn_index"] for each in transcript] == list(range(len(transcript)))
    moments = [each["ts"] for each in transcript]
    assert moments == sorted(set(moments))
    assert " ".join(each["text"] for each in questions) == turn["heard"], transcript
    assert " ".join(each["text"] for each in answers) == turn["reply"], transcript
    assert set(answers[-1]["latency"]) >= {"end_of_turn", "final_transcript", "first_token", "first_audio", "playout"}
    assert history["turn_count"] == len(transcript)
    if len(questions) == 1:
        assert [each["role"] for each in transcript] == ["assistant", "user", "assistant"], transcript
        assert history["interruption_count"] == 0
        assert history["tts_characters"] == sum(len(each["text"]) for each in (greeting, *answers))
    assert history["llm_input_tokens"] > 0
    assert history["llm_output_tokens"] > 0
    assert history["stt_audio_seconds"] > 0.5
    assert (history["llm_provider"], history["stt_provider"], history["tts_provider"]) == (
        "openai",
        "moonshine",
        "hibari",
    )
    assert history["session_duration_seconds"] > 3
    assert history["end_reason"] == "client_left"
    assert history["finalized_at"].endswith("Z")
    assert history["transcript_text"].splitlines()[1] == f"User: {questions[0]['text']}"


def test_a_call_without_a_recording_says_nothing_of_likeness(asked: Asked) -> None:
    assert asked.history["voice"] is None


def test_who_watches_reads_what_is_said_while_it_is_said(asked: Asked) -> None:
    """Contract 14.4 and 14.12 (session object, `events/`)."""

    def named(name: str) -> list[dict[str, Any]]:
        return [event.data for event in asked.events if event.name == name]

    assert named("turn.final") == asked.history["transcript"]
    assert {"listening", "speaking"} <= {state["agent_state"] for state in named("state")}
    names = [event.name for event in asked.events]
    assert names[-1] == "ended"
    # What is not final yet is told before it is, of both sides.
    partials = named("turn.partial")
    assert {partial["role"] for partial in partials} == {"assistant", "user"}
    heard = next(partial for partial in partials if partial["role"] == "user")
    assert heard["turn_index"] == 1
    assert names.index("turn.partial") < len(names) - 1 - names[::-1].index("turn.final")


def test_slots_and_calls_of_the_worker_are_counted(asked: Asked) -> None:
    assert metric(asked.metrics, "callbox_worker_calls") == 1
    assert metric(asked.metrics, "callbox_worker_slots") == SLOTS
    assert 'callbox_audio_backlog_frames{stage="denoise"}' in asked.metrics


def test_a_normal_call_is_told_when_it_begins_and_ends_and_is_no_fault(callbox: StackThread, asked: Asked) -> None:
    """What `make run` tells a person."""
    assert f"call {asked.session_id} with {callbox.character} began\n" in asked.told
    assert re.search(rf"call {asked.session_id} ended after \d+ s: client_left\n", asked.told)
    assert [line for line in asked.told.splitlines() if "FAULT" in line] == []
    # Written at each normal end of a call.
    assert "error reading data channel" in callbox.stack.lines.path("livekit").read_text()
    assert "data channel" not in asked.told


def _triton(callbox: StackThread) -> str:
    return f"127.0.0.1:{callbox.stack.settings.triton_grpc_port}"
