import json

import pytest

from deploy.local.news import News, NewsReader

LIVEKIT_HANG_UP = (
    '{"level":"warn","ts":1796049950.3,"logger":"livekit.transport","caller":"rtc/transport.go:949",'
    '"msg":"error reading data channel","room":"callbox-support-bot-5ea42f09d0e42821","label":"_reliable",'
    '"error":"abort chunk, with following errors: (User Initiated Abort: Close called)"}'
)

RUST = "livekit::rtc_engine::rtc_session:704:livekit::rtc_engine::rtc_session"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def line(event: str, level: str = "info", **fields: object) -> str:
    return json.dumps({**fields, "event": event, "level": level, "service": "any", "timestamp": "t"})


def test_a_call_is_told_when_it_begins_and_when_it_ends() -> None:
    clock = Clock()
    reader = NewsReader(clock)
    began = reader.read("sessions", line("session started", session_id="sess_1", character="support-bot"))
    clock.now += 14.2
    ended = reader.read("sessions", line("session ended", session_id="sess_1", reason="client_left"))
    again = reader.read("sessions", line("session ended", session_id="sess_2", reason="agent_lost"))
    assert began == News("call sess_1 with support-bot began")
    assert ended == News("call sess_1 ended after 14 s: client_left")
    assert again == News("call sess_2 ended: agent_lost")


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("livekit", LIVEKIT_HANG_UP),
        ("gateway", line("request", status=200)),
        ("agent", line("a speech engine failed", "warning")),
        ("agent", line(f"{RUST} - publisher data channel '_reliable' closed unexpectedly", "error")),
        ("agent", line("session started", session_id="sess_1", character="x")),
        ("postgres", 'ERROR:  relation "accounts.schema_version" does not exist at character 25'),
        ("postgres", "FATAL:  the database system is starting up"),
        ("triton", '2026-11-30T14:39:55Z E 15504 server.cc:241] "CudaDriverHelper has not been initialized."'),
        ("redis", ""),
    ],
)
def test_normal_lines_are_no_news(part: str, text: str) -> None:
    assert NewsReader().read(part, text) is None


@pytest.mark.parametrize(
    ("part", "text", "told"),
    [
        ("agent", line("events were refused", "error", session_id="s"), "agent: events were refused session_id=s"),
        ("livekit", '{"level":"error","ts":1.5,"msg":"no port","port":7881}', "livekit: no port port=7881"),
        ("triton", "inference: the process of model tts was killed", None),
        ("postgres", "2026-11-30 14:40:00 UTC PANIC:  could not write to file", None),
        ("redis", "Can't save: No space left on device", None),
    ],
)
def test_faults_are_news(part: str, text: str, told: str | None) -> None:
    assert NewsReader().read(part, text) == News(told or f"{part}: {text}", fault=True)


def test_the_same_fault_is_told_once_a_minute_with_its_count() -> None:
    clock = Clock()
    reader = NewsReader(clock)
    text = line("the history was refused", "error")
    told = []
    for _ in range(61):
        told.append(reader.read("agent", text))
        clock.now += 1
    first, *others, last = told
    assert first == News("agent: the history was refused", fault=True)
    assert others == [None] * 59
    assert last == News("agent: the history was refused (and 59 times since it was last told)", fault=True)


def test_what_is_remembered_is_bounded() -> None:
    reader = NewsReader()
    for number in range(3_000):
        reader.read("sessions", line("session started", session_id=str(number), character="x"))
        reader.read("agent", line(f"fault {number}", "error"))
    assert len(reader._calls) == len(reader._faults) == 1_000


def test_a_long_fault_is_cut() -> None:
    news = NewsReader().read("agent", line("x" * 5_000, "error"))
    assert news is not None
    assert len(news.text) < 400
