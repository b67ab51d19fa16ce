"""Who serves next, in virtual time."""

import random
from collections import Counter

import pytest

from services.agent.speech.pool import Pool


class Clock:
    """Seconds that pass when a test says so."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pool_of(clock: Clock, *addresses: str) -> Pool:
    return Pool(addresses, clock, random.Random(7))


def picked(pool: Pool, times: int = 200) -> Counter[str | None]:
    return Counter(pool.pick() for _ in range(times))


def test_the_endpoint_with_the_fewest_streams_serves_next(clock: Clock) -> None:
    pool = pool_of(clock, "a:1", "b:1", "c:1")
    served: Counter[str] = Counter()
    for _ in range(9):
        address = pool.pick()
        assert address
        pool.opened(address)
        served[address] += 1
    assert set(served.values()) == {3}
    pool.closed("b:1")
    assert picked(pool) == {"b:1": 200}


def test_equals_are_drawn_by_lot_so_that_processes_spread(clock: Clock) -> None:
    assert min(picked(pool_of(clock, "a:1", "b:1")).values()) > 60


def test_a_lost_endpoint_is_ejected_at_once_and_comes_back(clock: Clock) -> None:
    pool = pool_of(clock, "a:1", "b:1")
    pool.failed("a:1", lost=True)
    assert not pool.is_well("a:1")
    assert picked(pool) == {"b:1": 200}
    clock.now += 1.3
    assert pool.is_well("a:1")


def test_faults_eject_only_in_a_row(clock: Clock) -> None:
    pool = pool_of(clock, "a:1")
    for _ in range(5):
        pool.failed("a:1", lost=False)
        pool.failed("a:1", lost=False)
        pool.served("a:1")
    assert pool.is_well("a:1")
    for _ in range(3):
        pool.failed("a:1", lost=False)
    assert not pool.is_well("a:1")


def test_who_returns_gets_few_streams_first(clock: Clock) -> None:
    pool = pool_of(clock, "a:1", "b:1")
    pool.failed("a:1", lost=True)
    clock.now += 1.5
    taken: Counter[str] = Counter()
    for _ in range(8):
        address = pool.pick()
        assert address
        pool.opened(address)
        taken[address] += 1
    assert taken == {"b:1": 8}
    clock.now += 10
    assert picked(pool) == {"a:1": 200}


def test_a_fault_soon_after_the_return_ejects_for_longer(clock: Clock) -> None:
    pool = pool_of(clock, "a:1")
    lengths: list[float] = []
    for _ in range(8):
        pool.failed("a:1", lost=not lengths)
        began = clock.now
        while not pool.is_well("a:1"):
            clock.now += 0.01
        lengths.append(clock.now - began)
        clock.now += 0.1
    for length, expected in zip(lengths, (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert expected * 0.74 <= length <= expected * 1.26 + 0.01
    clock.now += 20
    pool.served("a:1")
    pool.failed("a:1", lost=True)
    clock.now += 1.3
    assert pool.is_well("a:1"), "a whole return is forgotten"


def test_the_jitter_differs(clock: Clock) -> None:
    pool = pool_of(clock, "a:1", "b:1", "c:1")
    for address in ("a:1", "b:1", "c:1"):
        pool.failed(address, lost=True)
    back: dict[str, float] = {}
    for _ in range(200):
        clock.now += 0.01
        for address in ("a:1", "b:1", "c:1"):
            if pool.is_well(address):
                back.setdefault(address, clock.now)
    assert len(set(back.values())) == 3


def test_when_all_are_ejected_the_first_to_return_can_still_be_had(clock: Clock) -> None:
    pool = pool_of(clock, "a:1", "b:1")
    pool.failed("a:1", lost=True)
    clock.now += 0.6
    pool.failed("b:1", lost=True)
    assert pool.pick() is None
    assert pool.pick(ejected_too=True) == "a:1"
    assert pool.pick(("a:1",), ejected_too=True) == "b:1"
    assert pool.pick(("a:1", "b:1"), ejected_too=True) is None
