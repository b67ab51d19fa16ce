"""Calls in which the caller mutes, or takes another microphone."""

import asyncio
from collections.abc import Awaitable, Callable

from livekit import rtc

from caller.caller import Caller
from caller.waveform import RATE_HZ
from tests.fixtures.conversation import MONDAY, SATURDAY, SUNDAY, assert_answered, assert_complete
from tests.fixtures.stack import StackThread

# The longest pause after which a turn is over, and the recognition of its last words.
TURN_OVER_SECONDS = 2.0
_SECONDS = 10.0


async def mutes(callbox: StackThread, talking: asyncio.Event, counted: asyncio.Event) -> None:
    """Speaks while the microphone is muted, and again after. Sets `talking`; hangs up when `counted` is set."""

    async def speak_muted(caller: Caller) -> None:
        mark = len(caller.said)
        mute(caller)
        await caller.uplink.say(MONDAY.samples)
        await asyncio.sleep(TURN_OVER_SECONDS)
        assert caller.said[mark:] == []
        unmute(caller)

    await _ask_twice(callbox, talking, counted, speak_muted)


async def switches(callbox: StackThread, talking: asyncio.Event, counted: asyncio.Event) -> None:
    """Takes another microphone and is heard by it. Sets `talking`; hangs up when `counted` is set."""
    await _ask_twice(callbox, talking, counted, switch)


async def _ask_twice(
    callbox: StackThread,
    talking: asyncio.Event,
    counted: asyncio.Event,
    between: Callable[[Caller], Awaitable[None]],
) -> None:
    """Asks a question, does something, and asks another one; both are answered and written down, and nothing else."""
    async with callbox.sessions() as sessions:
        grant = await sessions.start(callbox.character)
        async with Caller(grant) as caller:
            await caller.greeting()
            talking.set()
            turns = [await caller.say(SATURDAY)]
            await between(caller)
            turns.append(await caller.say(SUNDAY))
            await counted.wait()
        await sessions.ended(grant.session_id)
        for line, turn in zip((SATURDAY, SUNDAY), turns, strict=True):
            assert_answered(line, turn)
        assert_complete(await sessions.history(grant.session_id), grant, turns)


def mute(caller: Caller) -> None:
    """Mutes the microphone; the caller may speak on."""
    _track(caller).mute()


def unmute(caller: Caller) -> None:
    """Makes the microphone heard again."""
    _track(caller).unmute()


async def switch(caller: Caller) -> None:
    """Takes another microphone: the track of the first goes away, and one with a source of its own comes."""
    me = caller._connection._room.local_participant
    old = caller.uplink.source
    async with asyncio.timeout(_SECONDS):
        await me.unpublish_track(_track(caller).sid)
        caller.uplink.source = rtc.AudioSource(RATE_HZ, 1, queue_size_ms=0)
        track = rtc.LocalAudioTrack.create_audio_track("headset", caller.uplink.source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        published = await me.publish_track(track, options)
        # What is said before the agent subscribes to the track is lost.
        await published.wait_for_subscription()
    await old.aclose()


def _track(caller: Caller) -> rtc.LocalAudioTrack:
    (publication,) = caller._connection._room.local_participant.track_publications.values()
    track = publication.track
    assert isinstance(track, rtc.LocalAudioTrack)
    return track
