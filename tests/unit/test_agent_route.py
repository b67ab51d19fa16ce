"""What is tried when an engine fails, and in which order."""

import random
from dataclasses import dataclass, field

import pytest

from services.agent.speech.engine import AtCapacity, EngineError, Refused, StreamExpired, Unreachable
from services.agent.speech.pool import Pool
from services.agent.speech.route import Attempts, Candidate, Connection, Part, Route, Step
from services.kit.catalogue import Entry


@dataclass
class Line:
    """A stream that only knows whether it is open."""

    address: str
    broken: bool = False

    def close(self) -> None:
        self.broken = True


@dataclass
class Scene:
    """A route over pools of these endpoints, one rung each."""

    pools: list[tuple[str, ...]]
    shared: bool = False
    told: list[tuple[Part, Step]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        made = [Pool(addresses, chance=random.Random(3)) for addresses in self.pools]
        names = [f"engine-{number}" for number in range(len(made))]
        self.candidates = [
            Candidate(
                Entry(name=name, pool="p", model="m", provider="own", languages=("en",), licence="MIT"),
                made[0] if self.shared else pool,
                self._open,
            )
            for name, pool in zip(names, made, strict=True)
        ]
        self.route = Route(Part.TTS, self.candidates, lambda part, step, _: self.told.append((part, step)), self._pause)

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def _open(self, address: str) -> Line:
        self.opened.append(address)
        return Line(address)

    async def fail(self, attempts: Attempts, fault: EngineError) -> Connection[Line]:
        connection = await self.route.next(attempts)
        self.route.failed(connection, fault, attempts)
        return connection


FAILOVER, FALLBACK = (Part.TTS, Step.FAILOVER), (Part.TTS, Step.FALLBACK)
EXHAUSTED, LINE = (Part.TTS, Step.EXHAUSTED), (Part.TTS, Step.LINE)


async def test_a_stream_that_serves_is_used_again() -> None:
    scene = Scene([("a:1", "b:1")])
    for _ in range(5):
        scene.route.served(await scene.route.next(Attempts()))
    assert len(scene.opened) == 1
    assert scene.told == []


async def test_one_other_endpoint_then_the_fallback() -> None:
    scene = Scene([("a:1", "b:1", "c:1"), ("z:1",)])
    attempts = Attempts()
    first = await scene.fail(attempts, Unreachable("gone"))
    second = await scene.fail(attempts, Unreachable("gone"))
    third = await scene.route.next(attempts)
    assert first.address != second.address
    assert (first.number, second.number, third.number, third.address) == (0, 0, 1, "z:1")
    assert scene.told == [FAILOVER, FALLBACK]
    scene.route.served(third)
    assert scene.route.serving.name == "engine-1"


async def test_the_engine_asked_for_serves_again_when_it_is_well() -> None:
    scene = Scene([("a:1",), ("z:1",)])
    attempts = Attempts()
    await scene.fail(attempts, EngineError("raised"))
    assert (await scene.route.next(attempts)).number == 1
    again = await scene.route.next(Attempts())
    assert again.number == 0
    assert scene.told == [FALLBACK]
    assert [candidate.pool.pick() for candidate in scene.candidates] == ["a:1", "z:1"]


async def test_a_full_endpoint_is_passed_over_and_not_ejected() -> None:
    scene = Scene([("a:1", "b:1", "c:1")])
    attempts = Attempts()
    addresses = {(await scene.fail(attempts, AtCapacity("64 streams"))).address for _ in range(3)}
    assert addresses == {"a:1", "b:1", "c:1"}
    assert all(scene.candidates[0].pool.is_well(address) for address in addresses)
    await scene.route.next(attempts)
    assert scene.told.count(EXHAUSTED) == 1
    await scene.fail(attempts, AtCapacity("64 streams"))
    await scene.fail(attempts, AtCapacity("64 streams"))
    assert scene.told.count(EXHAUSTED) == 1, "once for each reply"


async def test_a_refusal_is_no_better_elsewhere_in_the_pool() -> None:
    scene = Scene([("a:1", "b:1"), ("z:1",)])
    attempts = Attempts()
    await scene.fail(attempts, Refused("voice is not installed"))
    assert (await scene.route.next(attempts)).number == 1
    assert scene.candidates[0].pool.is_well("a:1")


async def test_a_forgotten_stream_is_opened_anew_where_it_was() -> None:
    scene = Scene([("a:1", "b:1")])
    attempts = Attempts()
    connection = await scene.fail(attempts, StreamExpired("sequence_lost:"))
    again = await scene.route.next(attempts)
    assert again is not connection
    assert scene.candidates[0].pool.is_well(connection.address)
    assert scene.told == []


async def test_a_fault_that_every_engine_answers_with_is_not_asked_for_again() -> None:
    scene = Scene([("a:1",), ("a:1",)], shared=True)
    attempts = Attempts()
    await scene.fail(attempts, EngineError("raised"))
    await scene.fail(attempts, EngineError("raised too"))
    with pytest.raises(EngineError, match="raised too"):
        await scene.route.next(attempts)
    scene.route.gave_up()
    assert scene.told == [FALLBACK, LINE]


async def test_a_lost_endpoint_is_tried_again_when_there_is_no_other() -> None:
    scene = Scene([("a:1",)])
    attempts = Attempts()
    for _ in range(5):
        assert (await scene.fail(attempts, Unreachable("gone"))).address == "a:1"
    assert scene.paused == [pytest.approx(seconds, rel=0.25) for seconds in (0.1, 0.2, 0.4, 0.5)]
    assert scene.told == []
    assert not scene.candidates[0].pool.is_well("a:1")


async def test_an_endpoint_that_is_known_to_be_away_is_no_full_one() -> None:
    scene = Scene([("a:1",), ("a:1",)], shared=True)
    scene.candidates[0].pool.failed("a:1", lost=True)
    attempts = Attempts()
    for _ in range(4):
        connection = await scene.route.next(attempts)
        scene.route.has_other(connection, attempts)
        scene.route.failed(connection, Unreachable("gone"), attempts)
    assert EXHAUSTED not in scene.told


async def test_whether_there_is_another_way() -> None:
    lonely, both = Scene([("a:1",), ("a:1",)], shared=True), Scene([("a:1",), ("z:1",)])
    attempts = Attempts()
    assert not lonely.route.has_other(await lonely.route.next(attempts), attempts), "a lost endpoint is lost for all"
    assert both.route.has_other(await both.route.next(attempts), attempts)
    await both.fail(attempts, Unreachable("gone"))
    assert not both.route.has_other(await both.route.next(attempts), attempts)


async def test_a_stream_that_broke_while_nobody_used_it_is_opened_anew() -> None:
    scene = Scene([("a:1",)])
    connection = await scene.route.next(Attempts())
    connection.stream.broken = True
    assert await scene.route.next(Attempts()) is not connection
    assert scene.candidates[0].pool.is_well("a:1")
    assert scene.told == []


async def test_who_loses_a_stream_for_anothers_sake_blames_no_endpoint() -> None:
    scene = Scene([("a:1", "b:1")])
    one, other = Attempts(), Attempts()
    connection = await scene.route.next(one)
    assert await scene.route.next(other) is connection
    scene.route.failed(connection, AtCapacity("full"), one)
    moved = await scene.route.next(one)
    assert moved.address != connection.address
    scene.route.failed(connection, Unreachable("closed"), other)
    assert scene.candidates[0].pool.is_well(connection.address)
    assert (await scene.route.next(other)) is moved


async def test_closing_closes_the_stream_and_frees_its_place() -> None:
    scene = Scene([("a:1", "b:1")])
    connection = await scene.route.next(Attempts())
    scene.route.close()
    scene.route.close()
    assert connection.stream.broken
    assert {scene.candidates[0].pool.pick() for _ in range(60)} == {"a:1", "b:1"}
