"""Whose piece is made next, with a stand-in for speech whose pieces take no work."""

import threading
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from services.inference.synthesis.scheduler import Full, Places, Scheduler, Stream
from services.inference.synthesis.speech import Speech

SECONDS = 30.0


class StandInSpeech:
    """Pieces of given lengths in seconds; the first of all waits until `begin` is set."""

    def __init__(self, lengths: list[float], begin: threading.Event | None = None) -> None:
        self.lengths = lengths
        self.begin = begin
        self.over = False

    def __iter__(self) -> Iterator[NDArray[np.int16]]:
        for at, length in enumerate(self.lengths):
            if self.begin:
                assert self.begin.wait(SECONDS)
            if length < 0:
                raise ValueError("it cannot be said")
            self.over = at == len(self.lengths) - 1
            yield np.zeros(int(length * 24_000), np.int16)
        self.over = True


class Hall:
    """Who was heard, in order, and how each ended."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.ends: dict[str, str | None] = {}
        self.changed = threading.Condition()

    def stream(self, name: str, lengths: list[float], begin: threading.Event | None = None) -> Stream:
        def heard(sound: NDArray[np.int16]) -> None:
            self.order.append(name)

        def ended(problem: str | None) -> None:
            with self.changed:
                assert name not in self.ends
                self.ends[name] = problem
                self.changed.notify_all()

        return Stream(cast(Speech, StandInSpeech(lengths, begin)), heard, ended)

    def wait(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.ends) == count, SECONDS)


@pytest.fixture
def hall() -> Hall:
    return Hall()


def _one_worker(places: int = 64) -> tuple[Scheduler, Places]:
    room = Places(places)
    return Scheduler("test", 1, room), room


def test_first_pieces_come_first_and_then_who_would_fall_silent(hall: Hall) -> None:
    scheduler, _ = _one_worker()
    gate = threading.Event()
    scheduler.submit(hall.stream("gate", [0.1], gate))
    scheduler.submit(hall.stream("long", [9.0, 1.0, 1.0]))
    scheduler.submit(hall.stream("short", [1.0, 3.0, 1.0]))
    scheduler.submit(hall.stream("late", [3.0, 1.0]))
    gate.set()
    hall.wait(4)
    # Audible after the first pieces: long 9 s, short 1 s, late 3 s; after the second of short 4 s.
    assert hall.order == ["gate", "long", "short", "late", "short", "late", "short", "long", "long"]
    scheduler.close()


def test_a_waiting_stream_that_is_cancelled_ends_at_once_and_frees_its_place(hall: Hall) -> None:
    scheduler, _ = _one_worker(2)
    gate = threading.Event()
    scheduler.submit(hall.stream("gate", [0.1], gate))
    waiting = hall.stream("waiting", [1.0])
    scheduler.submit(waiting)
    with pytest.raises(Full, match="carries 2 streams, all are taken"):
        scheduler.submit(hall.stream("third", [1.0]))
    scheduler.cancel(waiting)
    scheduler.cancel(waiting)
    assert hall.ends == {"waiting": None}
    scheduler.submit(hall.stream("third", [1.0]))
    gate.set()
    hall.wait(3)
    assert hall.order == ["gate", "third"]
    scheduler.close()


def test_a_running_stream_that_is_cancelled_makes_no_further_piece(hall: Hall) -> None:
    scheduler, room = _one_worker(1)
    gate = threading.Event()
    running = hall.stream("running", [1.0, 1.0, 1.0], gate)
    scheduler.submit(running)
    scheduler.cancel(running)
    gate.set()
    hall.wait(1)
    assert len(hall.order) <= 1
    room.take()
    scheduler.close()


def test_a_text_that_fails_says_so_and_harms_no_other(hall: Hall) -> None:
    scheduler, _ = _one_worker()
    scheduler.submit(hall.stream("bad", [1.0, -1.0]))
    scheduler.submit(hall.stream("good", [1.0, 1.0]))
    scheduler.submit(hall.stream("empty", []))
    hall.wait(3)
    assert hall.ends == {
        "bad": "the synthesiser failed on this text: it cannot be said",
        "good": None,
        "empty": None,
    }
    assert hall.order.count("good") == 2
    scheduler.close()


def test_what_waits_at_the_end_is_ended(hall: Hall) -> None:
    scheduler, room = _one_worker(2)
    gate = threading.Event()
    scheduler.submit(hall.stream("running", [1.0, 1.0], gate))
    scheduler.submit(hall.stream("waiting", [1.0]))
    closing = threading.Thread(target=scheduler.close)
    closing.start()
    gate.set()
    closing.join(SECONDS)
    hall.wait(2)
    room.take()
    room.take()
