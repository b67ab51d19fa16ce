"""What is tried when an engine fails, and in which order."""

import random
from dataclasses import dataclass, field

import pytest

from services.agent.speech.engine import EngineError, Exhausted, Forgotten, Lost, Refused
from services.agent.speech.pool import Pool
from services.agent.speech.route import Part, Route, Rung, Step, Tried, Way
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
        self.rungs = [
            Rung(
                Entry(name=name, pool="p", model="m", provider="own", languages=("en",), licence="MIT"),
                made[0] if self.shared else pool,
                self._open,
            )
            for name, pool in zip(names, made, strict=True)
        ]
        self.route = Route(Part.TTS, self.rungs, lambda part, step, _: self.told.append((part, step)), self._pause)

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def _open(self, address: str) -> Line:
        self.opened.append(address)
        return Line(address)

    async def fail(self, tried: Tried, fault: EngineError) -> Way[Line]:
        way = await self.route.next(tried)
        self.route.failed(way, fault, tried)
        return way


FAILOVER, FALLBACK = (Part.TTS, Step.FAILOVER), (Part.TTS, Step.FALLBACK)
EXHAUSTED, LINE = (Part.TTS, Step.EXHAUSTED), (Part.TTS, Step.LINE)


async def test_a_stream_that_serves_is_used_again() -> None:
    scene = Scene([("a:1", "b:1")])
    for _ in range(5):
        scene.route.served(await scene.route.next(Tried()))
    assert len(scene.opened) == 1
    assert scene.told == []


async def test_one_other_endpoint_then_the_fallback() -> None:
    scene = Scene([("a:1", "b:1", "c:1"), ("z:1",)])
    tried = Tried()
    first = await scene.fail(tried, Lost("gone"))
    second = await scene.fail(tried, Lost("gone"))
    third = await scene.route.next(tried)
    assert first.address != second.address
    assert (first.number, second.number, third.number, third.address) == (0, 0, 1, "z:1")
    assert scene.told == [FAILOVER, FALLBACK]
    scene.route.served(third)
    assert scene.route.serving.name == "engine-1"


async def test_the_engine_asked_for_serves_again_when_it_is_well() -> None:
    scene = Scene([("a:1",), ("z:1",)])
    tried = Tried()
    await scene.fail(tried, EngineError("raised"))
    assert (await scene.route.next(tried)).number == 1
    again = await scene.route.next(Tried())
    assert again.number == 0
    assert scene.told == [FALLBACK]
    assert [rung.pool.pick() for rung in scene.rungs] == ["a:1", "z:1"]


async def test_a_full_endpoint_is_passed_over_and_not_ejected() -> None:
    scene = Scene([("a:1", "b:1", "c:1")])
    tried = Tried()
    addresses = {(await scene.fail(tried, Exhausted("64 streams"))).address for _ in range(3)}
    assert addresses == {"a:1", "b:1", "c:1"}
    assert all(scene.rungs[0].pool.is_well(address) for address in addresses)
    await scene.route.next(tried)
    assert scene.told.count(EXHAUSTED) == 1
    await scene.fail(tried, Exhausted("64 streams"))
    await scene.fail(tried, Exhausted("64 streams"))
    assert scene.told.count(EXHAUSTED) == 1, "once for each reply"


async def test_a_refusal_is_no_better_elsewhere_in_the_pool() -> None:
    scene = Scene([("a:1", "b:1"), ("z:1",)])
    tried = Tried()
    await scene.fail(tried, Refused("voice is not installed"))
    assert (await scene.route.next(tried)).number == 1
    assert scene.rungs[0].pool.is_well("a:1")


async def test_a_forgotten_stream_is_opened_anew_where_it_was() -> None:
    scene = Scene([("a:1", "b:1")])
    tried = Tried()
    way = await scene.fail(tried, Forgotten("sequence_lost:"))
    again = await scene.route.next(tried)
    assert again is not way
    assert scene.rungs[0].pool.is_well(way.address)
    assert scene.told == []


async def test_a_fault_that_every_engine_answers_with_is_not_asked_for_again() -> None:
    scene = Scene([("a:1",), ("a:1",)], shared=True)
    tried = Tried()
    await scene.fail(tried, EngineError("raised"))
    await scene.fail(tried, EngineError("raised too"))
    with pytest.raises(EngineError, match="raised too"):
        await scene.route.next(tried)
    scene.route.gave_up()
    assert scene.told == [FALLBACK, LINE]


async def test_a_lost_endpoint_is_tried_again_when_there_is_no_other() -> None:
    scene = Scene([("a:1",)])
    tried = Tried()
    for _ in range(5):
        assert (await scene.fail(tried, Lost("gone"))).address == "a:1"
    assert scene.paused == [0.1, 0.2, 0.4, 0.5]
    assert scene.told == []
    assert not scene.rungs[0].pool.is_well("a:1")


async def test_an_endpoint_that_is_known_to_be_away_is_no_full_one() -> None:
    scene = Scene([("a:1",), ("a:1",)], shared=True)
    scene.rungs[0].pool.failed("a:1", lost=True)
    tried = Tried()
    for _ in range(4):
        way = await scene.route.next(tried)
        scene.route.has_other(way, tried)
        scene.route.failed(way, Lost("gone"), tried)
    assert EXHAUSTED not in scene.told


async def test_whether_there_is_another_way() -> None:
    lonely, both = Scene([("a:1",), ("a:1",)], shared=True), Scene([("a:1",), ("z:1",)])
    tried = Tried()
    assert not lonely.route.has_other(await lonely.route.next(tried), tried), "a lost endpoint is lost for all"
    assert both.route.has_other(await both.route.next(tried), tried)
    await both.fail(tried, Lost("gone"))
    assert not both.route.has_other(await both.route.next(tried), tried)


async def test_a_stream_that_broke_while_nobody_used_it_is_opened_anew() -> None:
    scene = Scene([("a:1",)])
    way = await scene.route.next(Tried())
    way.stream.broken = True
    assert await scene.route.next(Tried()) is not way
    assert scene.rungs[0].pool.is_well("a:1")
    assert scene.told == []


async def test_who_loses_a_stream_for_anothers_sake_blames_no_endpoint() -> None:
    scene = Scene([("a:1", "b:1")])
    one, other = Tried(), Tried()
    way = await scene.route.next(one)
    assert await scene.route.next(other) is way
    scene.route.failed(way, Exhausted("full"), one)
    moved = await scene.route.next(one)
    assert moved.address != way.address
    scene.route.failed(way, Lost("closed"), other)
    assert scene.rungs[0].pool.is_well(way.address)
    assert (await scene.route.next(other)) is moved


async def test_closing_closes_the_stream_and_frees_its_place() -> None:
    scene = Scene([("a:1", "b:1")])
    way = await scene.route.next(Tried())
    scene.route.close()
    scene.route.close()
    assert way.stream.broken
    assert {scene.rungs[0].pool.pick() for _ in range(60)} == {"a:1", "b:1"}
