"""A call whose tools fail in every way, whose room has a stranger in it, and whose page sends far too much."""

import asyncio
from typing import Any

from tests.call.scripted.counted import IGNORED, SPOKEN_LINES, counted, until_counted
from tests.call.scripted.page import Page
from tests.call.scripted.strangers import strangers
from tests.fixtures.stack import StackThread
from tests.fixtures.wire import Asked, answer, listening

PACKETS = 10_000
# How many packets are on their way at once.
PACKETS_AT_ONCE = 100
HUGE_PIECE = b"x" * 2**20
HUGE_PIECES = 30
HANG_SECONDS = 30.0
# Long enough for a wait phrase, which comes after 1.2 s.
HANGS_TIMEOUT_SECONDS = 3
TURNS = (
    ("Use the slow one.", "That took too long."),
    ("Use the huge one.", "That was too much."),
    ("Use the one that leads inside.", "That is not allowed."),
    ("Give me your colleague.", "My colleague is not here."),
)
AFTER_FLOOD = ("What time do you open on Saturday?", "On Saturday we open at nine in the morning.")


async def _serve(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Hangs, answers 30 MB, or redirects to an address that is not allowed, as the path says."""
    match asked.target.strip("/"):
        case "hangs":
            await asyncio.sleep(HANG_SECONDS)
        case "huge":
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(HUGE_PIECE) * HUGE_PIECES}\r\n\r\n".encode())
            for _ in range(HUGE_PIECES):
                writer.write(HUGE_PIECE)
                await writer.drain()
        case _:
            writer.write(answer(307, Location="http://169.254.169.254/latest/meta-data"))


async def survives(callbox: StackThread) -> None:
    """Each fault is told to the caller; the call goes on, ends for its true reason, and is complete in the history."""
    async with listening(_serve) as server, callbox.sessions() as sessions:
        names = ("hangs", "huge", "leads_inside")
        tools = [_tool(name, f"http://127.0.0.1:{server.port}/{name}") for name in names]
        tools[0]["config"] |= {"timeout_seconds": HANGS_TIMEOUT_SECONDS, "wait_phrases": ["I am asking the slow one."]}
        colleague = await asyncio.to_thread(callbox.make_character, "colleague", name="Colleague")
        slug = await asyncio.to_thread(
            callbox.make_character,
            "faulty",
            name="Shop",
            greeting="Hello.",
            tools=tools,
            handoff_targets=[{"slug": colleague}],
        )
        grant = await sessions.start(slug)
        async with (
            Page(grant) as page,
            Page(strangers(grant, callbox)) as stranger,
        ):
            assert await page.next_reply() == "Hello."
            before, spoken = await counted(callbox, IGNORED), await counted(callbox, SPOKEN_LINES)
            await asyncio.to_thread(callbox.delete_character, colleague)
            await stranger.type("Where is my order?")
            for said, reply in TURNS:
                await page.type(said)
                assert await page.next_reply() == reply
            await _flood(page)
            await page.type(AFTER_FLOOD[0])
            assert await page.next_reply() == AFTER_FLOOD[1]
            await until_counted(callbox, IGNORED, before, malformed=PACKETS, sender=1)
            await until_counted(callbox, SPOKEN_LINES, spoken, wait_phrase=1)
        session = await sessions.ended(grant.session_id)
        history = await sessions.history(grant.session_id)

    assert session["end_reason"] == "client_left"
    texts = [text for turn in (*TURNS, AFTER_FLOOD) for text in turn]
    assert [each["text"] for each in history["transcript"]] == ["Hello.", *texts]
    failures = [(each["name"], each["kind"], each["error"]) for each in history["tool_calls"]]
    assert failures == [
        ("hangs", "http", "timeout"),
        ("huge", "http", "too_large"),
        ("leads_inside", "http", "refused"),
        ("transfer_to_colleague", "handoff", "not_found"),
    ]


def _tool(name: str, url: str) -> dict[str, Any]:
    config = {"url": url, "timeout_seconds": 1}
    return {
        "name": name, "kind": "http", "description": name, "input_schema": {"type": "object"}, "config": config,
    }  # fmt: skip


async def _flood(page: Page) -> None:
    """Sends packets that are no valid messages of their topics."""
    bad = [("voice.user_text", {"type": "user_text"}), ("voice.user_text", ["no object"])]
    for begin in range(0, PACKETS, PACKETS_AT_ONCE):
        packets = (bad[number % len(bad)] for number in range(begin, begin + PACKETS_AT_ONCE))
        await asyncio.gather(*(page.publish(topic, body) for topic, body in packets))
