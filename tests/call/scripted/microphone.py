"""What a caller does with the microphone in mid-call."""

import asyncio

from livekit import rtc

from caller.caller import Caller
from caller.waveform import RATE_HZ

_SECONDS = 10.0


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
        await me.publish_track(track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
    await old.aclose()


def _track(caller: Caller) -> rtc.LocalAudioTrack:
    (publication,) = caller._connection._room.local_participant.track_publications.values()
    track = publication.track
    assert isinstance(track, rtc.LocalAudioTrack)
    return track
