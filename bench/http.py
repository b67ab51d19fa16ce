"""`make bench-http`: throughput of the HTTP API on one core, compared with a bare FastAPI → grpc.aio hop."""

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from bench.cores import only, two_cores
from bench.hop import PATH as HOP
from bench.load import Client, Load, Request, drive
from bench.past import CHARACTERS, OTHERS, SESSIONS, SITES, TURNS, Past, make_past
from bench.site import HOST, Site, running
from measure.machine import machine
from measure.percentiles import Percentiles
from measure.stack import MeasureError
from services.kit.net.origins import normalised
from services.sessions.adapters.database import SCHEMA

CLIENTS = (1, 16, 64)
WARM_SECONDS = 1.0
START = "/api/agents/agent-session/"
USAGE = "/api/billing/usage/"
_BUSY = 503
EXIT_FAILED = 1
EXIT_FAULTY = 5
_BODY = {
    "agent": "support-bot",
    "language": "en",
    "origin_url": "https://shop.example/help?from=footer",
    "metadata": {"user_name": "Ada Lovelace", "plan": "pro", "previous_tickets": [4711, 4712]},
}
_ELSEWHERE = "https://elsewhere.example"

_CONDITIONS = """\
hop                     a bare FastAPI application with one model and one unary RPC by grpc.aio to a second process
gate: page not listed   a valid start of a call from a page that the character does not list; 403
gate: agent not known   the same for another unknown character each time, so that the gateway has to ask for it; 404
appearance              the whole appearance of a character for a page that it lists
history                 a tenant's past beside that of 40 others; sessions come with all their turns, 20 on average
start                   a session started and ended again; only the start is timed. A start that is not done in 0.9 s
                        is refused with 503, which is what the errors at 64 clients are
Each client sends its next request when it has its answer. All servers share one core."""

Measure = Callable[[int, float], Awaitable[Load]]


@dataclass(frozen=True)
class Row:
    """The result of one load."""

    name: str
    load: Load

    @property
    def is_faulty(self) -> bool:
        """Whether there were answers that the load does not explain."""
        return bool(set(self.load.wrong) - ({_BUSY} if self.name == "start" else set()))

    def as_json(self) -> dict[str, object]:
        """Everything as plain values."""
        figures = asdict(Percentiles.of(self.load.latencies_ms)) if self.load.latencies_ms else None
        wrong = {str(status): count for status, count in self.load.wrong.items()}
        clients, per_second = self.load.clients, self.load.per_second
        return {"name": self.name, "clients": clients, "per_second": per_second, "ms": figures, "wrong": wrong}


def http(
    seconds: Annotated[float, typer.Option(min=0.1, help="Length of each load.")] = 5.0,
    sessions: Annotated[int, typer.Option(min=100, help="Sessions of the tenant's past.")] = SESSIONS,
    turns: Annotated[int, typer.Option(min=100, help="Turns in them together.")] = TURNS,
    part: Annotated[list[str] | None, typer.Option(help="Only loads whose name begins so; may be repeated.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write everything to this file.")] = None,
) -> None:
    """Measures the HTTP API. Exit status: 0 fine, 1 it could not be measured, 5 some answers were wrong."""
    console = Console(highlight=False)
    try:
        with two_cores() as (load_core, server_core), tempfile.TemporaryDirectory(prefix="callbox-bench-") as folder:
            console.print(f"servers on core {server_core}, load on core {load_core}")
            rows = uvloop.run(_bench(Path(folder), load_core, seconds, sessions, turns, tuple(part or ()), console))
    except MeasureError as fault:
        print(f"bench: {fault}", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED) from None
    for table in _tables(rows):
        console.print(table)
    conditions = {**machine(), "load average": ", ".join(f"{each:.1f}" for each in os.getloadavg())}
    console.print(_CONDITIONS, soft_wrap=True)
    console.print("; ".join(f"{name} {value}" for name, value in conditions.items()), soft_wrap=True)
    if json_file:
        json_file.write_text(json.dumps({"machine": conditions, "rows": [row.as_json() for row in rows]}, indent=2))
    if any(row.is_faulty for row in rows):
        raise typer.Exit(EXIT_FAULTY)


async def _bench(
    folder: Path,
    load_core: int,
    seconds: float,
    sessions: int,
    turns: int,
    only_parts: tuple[str, ...],
    console: Console,
) -> list[Row]:
    def is_wanted(name: str) -> bool:
        return not only_parts or name.startswith(only_parts)

    async with running(folder) as site:
        only(load_core)
        loads = _loads(site)
        # The past is inserted first, so that everything is measured over tables of that size.
        if not only_parts or any(part.startswith("history") for part in only_parts):
            console.print(f"[dim]inserting {sessions:,} sessions with {turns:,} turns …")
            began = time.monotonic()
            past = await make_past(site.database_url, SCHEMA, site.tenant, sessions, turns, OTHERS)
            console.print(f"[dim]done in {time.monotonic() - began:.0f} s")
            loads |= _history(site, past)
        if is_wanted("appearance") and not await _serves_appearance(site):
            console.print("appearance: left out, this gateway has no such address.")
            del loads["appearance"]
        rows = await _measure({name: measure for name, measure in loads.items() if is_wanted(name)}, seconds, console)
        # Last, because its sessions would be the newest in the history.
        if is_wanted("start"):
            rows += await _measure({"start": _starts(site)}, seconds, console)
        return rows


def _loads(site: Site) -> dict[str, Measure]:
    """Name → load, for the loads without a past."""
    body = json.dumps(_BODY).encode()
    refused = Request.of("POST", START, 403, body, origin=_ELSEWHERE)
    appearance = Request.of("GET", "/api/agents/support-bot/appearance/", 200, origin=site.stack.base_url)
    number = count()

    def unknown() -> Request:
        # Another character each time, so that the gateway has to ask.
        stranger = {**_BODY, "agent": f"nobody-{next(number)}"}
        return Request.of("POST", START, 404, json.dumps(stranger).encode(), origin=_ELSEWHERE)

    return {
        "hop": _steady(site.hop_port, Request.of("POST", HOP, 200, body)),
        "gate: page not listed": _steady(site.port, refused),
        "gate: agent not known": _changing(site.port, unknown),
        "appearance": _steady(site.port, appearance),
    }


def _starts(site: Site) -> Measure:
    async def measure(clients: int, seconds: float) -> Load:
        async with site.worker(slots=10_000):
            return await _start_and_end(site, clients, seconds)

    return measure


def _history(site: Site, past: Past) -> dict[str, Measure]:
    """Name → load, for the loads that read the past."""
    chance = random.Random(2)
    key = site.demo["api_key"]
    span = past.last - past.first

    def get(path: str, **query: object) -> Request:
        words = "&".join(f"{name}={value}" for name, value in query.items())
        return Request.of("GET", f"{path}?{words}" if words else path, 200, x_api_key=key)

    def filtered() -> Request:
        start = past.first + chance.random() * span
        stamps = {"start": start.isoformat(), "end": (start + chance.random() * span).isoformat()}
        query = chance.choice(
            (
                {"character_slug": chance.choice(CHARACTERS)},
                {"end_reason": chance.choice(("client_left", "agent_lost"))},
                {"origin": normalised(chance.choice(SITES[:-1]))},
                {"character_slug": chance.choice(CHARACTERS), "end_reason": "idle_timeout"},
                {},
            )
        )
        stamps = {name: value.replace("+00:00", "Z") for name, value in stamps.items()}
        return get(USAGE, **(query | stamps if chance.random() < 0.5 or not query else query))

    deepest = past.sessions // 50
    return {
        "history: newest page of 50": _changing(site.port, lambda: get(USAGE)),
        "history: filtered page of 50": _changing(site.port, filtered),
        "history: any page of 50": _changing(site.port, lambda: get(USAGE, page=chance.randint(1, deepest))),
        "history: page of 5": _changing(site.port, lambda: get(USAGE, page_size=5, page=chance.randint(1, deepest))),
        "history: one session": _changing(
            site.port, lambda: get(f"/api/billing/sessions/{chance.choice(past.session_ids)}/")
        ),
    }


def _steady(port: int, request: Request) -> Measure:
    return _changing(port, lambda: request)


def _changing(port: int, following: Callable[[], Request]) -> Measure:
    async def measure(clients: int, seconds: float) -> Load:
        return await drive(HOST, port, following, clients, seconds)

    return measure


async def _start_and_end(site: Site, clients: int, seconds: float) -> Load:
    """Each client starts a session, ends it, and starts the next; only the start is timed."""
    load = Load(clients)
    start = Request.of("POST", START, 200, json.dumps(_BODY).encode(), origin=site.stack.base_url)
    access = f"Bearer {site.access}"
    began = time.perf_counter()

    async def one() -> None:
        client = await Client.connect(HOST, site.port)
        try:
            while (sent := time.perf_counter()) < began + seconds:
                answer = await client.ask(start)
                if answer.status != start.status:
                    load.wrong[answer.status] += 1
                    continue
                load.latencies_ms.append((time.perf_counter() - sent) * 1000.0)
                path = f"/api/agents/sessions/{json.loads(answer.body)['session_id']}/end/"
                ended = await client.ask(Request.of("POST", path, 200, authorization=access))
                if ended.status != 200:
                    load.wrong[ended.status] += 1
        finally:
            client.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    load.seconds = time.perf_counter() - began
    return load


async def _serves_appearance(site: Site) -> bool:
    client = await Client.connect(HOST, site.port)
    path = f"/api/agents/{_BODY['agent']}/appearance/"
    answer = await client.ask(Request.of("GET", path, 200, origin=site.stack.base_url))
    client.close()
    return answer.status == 200


async def _measure(loads: dict[str, Measure], seconds: float, console: Console) -> list[Row]:
    rows = []
    for clients in CLIENTS:
        for name, measure in loads.items():
            await measure(clients, WARM_SECONDS)
            rows.append(Row(name, await measure(clients, seconds)))
            console.print(f"[dim]{name}, {clients} clients: {rows[-1].load.per_second:,.0f}/s")
    return rows


def _tables(rows: Sequence[Row]) -> list[Table]:
    tables = []
    for clients in CLIENTS:
        hop = next((row.load.per_second for row in rows if row.name == "hop" and row.load.clients == clients), 0.0)
        table = Table(title=f"{clients} clients, milliseconds", title_justify="left")
        for column in ("", "per second", "of the hop", "p50", "p95", "p99", "worst", "errors"):
            table.add_column(column, justify="right" if column else "left")
        for row in rows:
            if row.load.clients != clients:
                continue
            ratio = f"{row.load.per_second / hop:.2f}" if hop else "-"
            shown = ["-"] * 4
            if row.load.latencies_ms:
                figures = Percentiles.of(row.load.latencies_ms)
                shown = [f"{each:.1f}" for each in (figures.p50, figures.p95, figures.p99, figures.worst)]
            wrong = ", ".join(f"{count} × {status}" for status, count in row.load.wrong.items()) or "0"
            table.add_row(row.name, f"{row.load.per_second:,.0f}", ratio, *shown, wrong)
        tables.append(table)
    return tables


if __name__ == "__main__":
    typer.run(http)
