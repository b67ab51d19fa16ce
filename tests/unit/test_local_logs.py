import io
import threading
from pathlib import Path

from deploy.local.logs import Lines


def test_each_line_carries_the_name_of_its_part() -> None:
    output = io.StringIO()
    lines = Lines(output)
    lines("redis", "ready")
    lines("gateway", "GET /")
    lines.close()
    assert output.getvalue() == "redis      | ready\ngateway    | GET /\n"


def test_the_last_lines_of_a_part_are_remembered() -> None:
    lines = Lines(io.StringIO())
    for number in range(100):
        lines("redis", str(number))
    lines.close()
    assert lines.tail("redis")[-2:] == ["98", "99"]
    assert len(lines.tail("redis")) < 100
    assert lines.tail("unknown") == []


def test_an_output_that_does_not_read_holds_nobody_up() -> None:
    class Stuck(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.open = threading.Event()

        def write(self, text: str) -> int:
            self.open.wait(10)
            return super().write(text)

    output = Stuck()
    lines = Lines(output)
    for number in range(20_000):
        lines("part", str(number))
    output.open.set()
    lines.close()
    assert "lines were dropped: the output was blocked" in output.getvalue()


def test_a_file_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "stack.log"
    for word in ("first", "second"):
        lines = Lines(path)
        lines("part", word)
        lines.close()
    assert path.read_text() == "part       | second\n"
