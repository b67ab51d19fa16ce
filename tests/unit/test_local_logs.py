import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.log_file import OLD_FILES, LogFile
from deploy.local.log_line import readable
from deploy.local.logs import Lines


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_each_part_has_a_file_of_its_own(tmp_path: Path) -> None:
    output = io.StringIO()
    lines = Lines(tmp_path / "logs", output)
    lines("redis", "Ready to accept connections")
    lines("gateway", '{"event": "request", "level": "info"}')
    lines.close()
    assert lines.path("redis").read_text() == "Ready to accept connections\n"
    assert lines.path("gateway").read_text() == '{"event": "request", "level": "info"}\n'
    assert output.getvalue() == ""


def test_a_person_reads_what_is_told_and_the_faults_of_parts(tmp_path: Path) -> None:
    output = io.StringIO()
    lines = Lines(tmp_path, output)
    lines.tell("starting 2 parts")
    lines("gateway", '{"event": "cannot read the key", "level": "error", "file": "a.key"}')
    lines.close()
    started, fault = [line[10:] for line in output.getvalue().splitlines()]
    assert started == "starting 2 parts"
    assert fault == f"FAULT gateway: cannot read the key file=a.key; see {tmp_path / 'gateway.log'}"
    assert [line[21:] for line in lines.path("callbox").read_text().splitlines()] == [started, fault]


def test_the_last_lines_of_a_part_are_remembered(tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    for number in range(100):
        lines("redis", str(number))
    lines.close()
    assert lines.tail("redis", 2) == ["98", "99"]
    assert len(lines.tail("redis")) < 100
    assert lines.tail("unknown") == []


class Stuck(io.StringIO):
    """An output whose reader has paused."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()

    def write(self, text: str) -> int:
        self.open.wait(10)
        return super().write(text)


def test_an_output_that_is_blocked_blocks_neither_parts_nor_files(tmp_path: Path) -> None:
    output = Stuck()
    lines = Lines(tmp_path, output)
    for number in range(2_000):
        lines("redis", str(number))
        lines.tell(f"message {number}")
    until(lambda: lines.path("redis").exists() and "1999\n" in lines.path("redis").read_text())
    assert "message 1999\n" in lines.path("callbox").read_text()
    output.open.set()
    until(lambda: "message 999" in output.getvalue())
    lines.tell("the last")
    lines.close()
    assert "messages were left out here: the output was blocked" in output.getvalue()


def test_a_file_that_is_written_slowly_does_not_block_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    write = LogFile.write
    monkeypatch.setattr(LogFile, "write", lambda file, line: (released.wait(10), write(file, line))[1])
    output = io.StringIO()
    lines = Lines(tmp_path, output)
    for number in range(20_000):
        lines("redis", str(number))
    released.set()
    lines.close()
    assert "lines were dropped" in output.getvalue()


def test_the_files_are_written_when_the_reader_of_the_output_has_gone(tmp_path: Path) -> None:
    output = io.StringIO()
    lines = Lines(tmp_path, output)
    output.close()
    lines.tell("first")
    lines("redis", "second")
    lines.close()
    assert lines.path("callbox").read_text().endswith("first\n")
    assert lines.path("redis").read_text() == "second\n"


def test_secrets_and_tokens_are_hidden(tmp_path: Path) -> None:
    output = io.StringIO()
    lines = Lines(tmp_path, output)
    lines.hide("correct horse")
    lines.hide("correct horse battery")
    lines.hide("")
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYWxsZXIifQ.c2lnbmF0dXJl"
    lines("redis", f"password correct horse battery, then correct horse, token={token}.")
    lines.tell("it was correct horse")
    lines.close()
    assert lines.path("redis").read_text() == "password [hidden], then [hidden], token=[hidden].\n"
    assert lines.tail("redis") == ["password [hidden], then [hidden], token=[hidden]."]
    assert output.getvalue().endswith("it was [hidden]\n")


def test_a_new_run_appends_to_the_files(tmp_path: Path) -> None:
    for word in ("first", "second"):
        lines = Lines(tmp_path)
        lines("part", word)
        lines.close()
    assert lines.path("part").read_text() == "first\nsecond\n"


def test_the_console_format_makes_lines_readable(tmp_path: Path) -> None:
    lines = Lines(tmp_path, form="console")
    lines("redis", "Ready")
    lines("gateway", '{"event": "request", "level": "info", "timestamp": "12:00", "service": "gateway", "status": 200}')
    lines.close()
    assert lines.path("redis").read_text() == "Ready\n"
    assert lines.path("gateway").read_text() == "12:00 [info     ] request status=200\n"


def test_a_full_file_is_renamed_and_the_oldest_is_deleted(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "part.log", max_bytes=1_000)
    for number in range(200):
        assert file.write(f"{number:03d} {'x' * 60}") == ""
    file.close()
    kept = sorted(tmp_path.iterdir())
    assert [path.name for path in kept] == ["part.log", *(f"part.log.{number + 1}" for number in range(OLD_FILES))]
    assert all(path.stat().st_size <= 1_000 for path in kept)
    assert (tmp_path / "part.log").read_text().splitlines()[-1].startswith("199 ")


def test_the_log_file_of_a_part_is_full_at_ten_megabytes(tmp_path: Path) -> None:
    with (tmp_path / "redis.log").open("wb") as file:
        file.truncate(10_000_000 - 5)
    lines = Lines(tmp_path)
    lines("redis", "ready")
    lines.close()
    assert (tmp_path / "redis.log.1").stat().st_size == 10_000_000 - 5
    assert lines.path("redis").read_text() == "ready\n"


def test_a_file_that_cannot_be_written_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "redis.log").mkdir()
    output = io.StringIO()
    lines = Lines(tmp_path, output)
    for number in range(3):
        lines("redis", str(number))
    lines("gateway", "goes on")
    lines.close()
    assert output.getvalue().count("redis.log cannot be written: ") == 1
    assert lines.path("gateway").read_text() == "goes on\n"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("line", ["", "plain", "{", "[1]", "{}x", '{"a": NaN', "{" * 100_000])
def test_a_line_that_is_no_json_object_stays_as_it_is(line: str) -> None:
    assert readable(line) == line


def test_an_exception_is_one_short_text() -> None:
    frames = [{"filename": "a.py", "lineno": 1, "name": "f"}, {"filename": "b.py", "lineno": 7, "name": "g"}]
    exception = [{"exc_type": "ValueError", "exc_value": "bad", "frames": frames}]
    line = json.dumps({"event": "it failed", "level": "error", "exception": exception})
    assert readable(line) == "[error    ] it failed raised='ValueError: bad (b.py:7)'"


def test_lines_of_other_loggers_are_read_too() -> None:
    line = '{"level":"warn","ts":1796049950.3,"logger":"livekit.transport","msg":"error reading data channel"}'
    assert "error reading data channel" in readable(line)
    assert "warn" in readable(line)


def test_a_terminal_gets_colours_and_a_pipe_does_not(tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for output, coloured in ((Terminal(), True), (io.StringIO(), False)):
        lines = Lines(tmp_path, output)
        lines.tell("it broke", fault=True)
        lines.close()
        assert ("\x1b[31m" in output.getvalue()) is coloured
    assert "\x1b" not in lines.path("callbox").read_text()
