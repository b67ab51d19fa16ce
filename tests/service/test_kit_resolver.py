"""Contract 14.9: names are looked up with real time limits, and slow names delay nobody else."""

import asyncio
import threading
from functools import partialmethod
from pathlib import Path

import aiodns
import pytest

from services.kit.net import resolver as kit_resolver
from services.kit.net.outbound import Outbound, Refused
from services.kit.net.resolver import Resolver
from tests.fixtures.dns import DnsServer, dns_server
from tests.fixtures.outbound import LOOPBACK, get
from tests.fixtures.wire import listening, say

# ARES_AI_ENVHOSTS of c-ares.
_ENVHOSTS = 1 << 8
QUICK, SLOW = "quick.example", "slow.example"


def script(name: str, _: int) -> list[str] | None:
    return None if name.endswith(SLOW) else ["192.0.2.1", "2001:db8::1"]


async def addresses(resolver: Resolver, host: str) -> list[str]:
    return sorted(str(address) for address in await resolver(host))


async def until_asked(names: DnsServer, number: int) -> None:
    async with asyncio.timeout(5):
        while len({name for name, _ in names.asked}) < number:
            await asyncio.sleep(0.01)


async def test_a_hundred_names_that_nobody_answers_hold_no_thread_and_delay_no_other() -> None:
    async with dns_server(script) as names:
        # Makes its thread.
        await names.resolve(QUICK)
        threads = threading.active_count()
        slow = [asyncio.create_task(names.resolve(f"{number}.{SLOW}")) for number in range(100)]
        await until_asked(names, 101)
        assert threading.active_count() == threads
        assert await addresses(names.resolve, QUICK) == ["192.0.2.1", "2001:db8::1"]
        assert not any(task.done() for task in slow)
        for task in slow:
            task.cancel()
        ended = await asyncio.gather(*slow, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ended)


async def test_a_name_that_nobody_answers_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit_resolver, "_TRY_SECONDS", 0.1)
    async with dns_server(script) as names:
        with pytest.raises(OSError, match="Timeout"):
            await names.resolve(SLOW)
        # It was tried twice.
        assert names.asked.count((SLOW, "A")) == 2


async def test_a_lookup_keeps_its_place_until_it_ends_and_the_places_of_other_uses_are_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Slow names end only when their resolver is closed.
    monkeypatch.setattr(kit_resolver, "_TRY_SECONDS", 60.0)
    async with dns_server(script) as names:
        recordings, webhooks = (Resolver([f"127.0.0.1:{names.port}"], max_lookups=2) for _ in range(2))
        given_up = [asyncio.create_task(recordings(f"{number}.{SLOW}")) for number in range(2)]
        await until_asked(names, 2)
        for task in given_up:
            task.cancel()
        await asyncio.wait(given_up)
        waiting = asyncio.create_task(addresses(recordings, QUICK))
        assert await addresses(webhooks, QUICK)
        assert names.asked.count((QUICK, "A")) == 1
        await recordings.close()
        assert await waiting
        await recordings.close()
        await webhooks.close()


async def test_a_channel_is_replaced_before_it_keeps_too_many_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit_resolver, "_MAX_KEPT", 1)
    monkeypatch.setattr(kit_resolver, "_TRY_SECONDS", 0.3)

    def late(name: str, number: int) -> list[str] | None:
        return None if name == SLOW and number == 1 else ["192.0.2.1"]

    async with dns_server(late) as names:
        # Its first question is lost, so that it is under way when its channel is replaced.
        first = asyncio.create_task(addresses(names.resolve, SLOW))
        await until_asked(names, 1)
        for _ in range(3):
            assert await addresses(names.resolve, QUICK) == ["192.0.2.1"]
        assert await first == ["192.0.2.1"]


async def test_closing_ends_lookups() -> None:
    async with dns_server(script) as names:
        resolver = Resolver([f"127.0.0.1:{names.port}"])
        lookup = asyncio.create_task(resolver(SLOW))
        await until_asked(names, 1)
        await resolver.close()
        with pytest.raises(OSError, match="cancelled"):
            await lookup


async def test_names_of_the_hosts_file_are_judged_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 inside.example\n::ffff:127.0.0.1 mapped.example\n")
    # c-ares reads this file instead of `/etc/hosts` when it is asked to.
    monkeypatch.setenv("CARES_HOSTS", str(hosts))
    look_up = partialmethod(aiodns.DNSResolver.getaddrinfo, flags=_ENVHOSTS)
    monkeypatch.setattr(aiodns.DNSResolver, "getaddrinfo", look_up)
    async with listening(say) as wire:
        async with Outbound() as outbound:
            for name in ("inside.example", "mapped.example"):
                with pytest.raises(Refused):
                    await get(outbound, f"http://{name}:{wire.port}/")
        assert wire.connections == 0
        async with Outbound(LOOPBACK) as outbound:
            assert (await get(outbound, f"http://inside.example:{wire.port}/")).body == b"hello"
