"""Limits on the audio that a client has recorded before the agent could hear it, and sends when the agent is there.

livekit-agents receives it, decodes it and puts it before the live audio, but takes any amount from anybody.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from livekit import rtc
from livekit.agents.voice.room_io._pre_connect_audio import PRE_CONNECT_AUDIO_BUFFER_STREAM

from services.agent.metrics import ignored_messages

TOPIC = PRE_CONNECT_AUDIO_BUFFER_STREAM
# 10 s of uncompressed audio at 48 kHz; of compressed audio, more than a client records.
_MAX_PCM_BYTES = 960_000
_MAX_OPUS_BYTES = 128_000
_MAX_RATE_HZ = 48_000
_MIN_RATE_HZ = 8_000
# livekit-agents decodes Opus and takes everything else for PCM, also the MP4 that Safari records.
_CONTAINERS = ("aac", "mp4", "mpeg", "ogg", "webm")
# A client that misses the agent's subscription goes on recording for 10 s. RoomIO waits for 3 s, and then for nothing.
_READ_SECONDS = 1.5
# Of one call. Each reconnect may bring one.
_MAX_STREAMS = 20


def limit_earlier_audio(room: rtc.Room, caller: str) -> None:
    """Puts the limits before the handler that RoomIO has registered.

    caller: identity of the participant to take from.
    """
    accept = room._byte_stream_handlers[TOPIC]
    left = _MAX_STREAMS

    def take(reader: rtc.ByteStreamReader, identity: str) -> None:
        nonlocal left
        bounded = _BoundedReader(reader)
        if identity != caller or left <= 0:
            ignored_messages.labels("earlier_audio").inc()
            reader.close()
            return
        left -= 1
        if not bounded.is_sensible:
            ignored_messages.labels("earlier_audio").inc()
        accept(bounded, identity)  # type: ignore[arg-type]  # it has what the handler uses

    room.unregister_byte_stream_handler(TOPIC)
    room.register_byte_stream_handler(TOPIC, take)


class _BoundedReader:
    """A reader that ends with an error when it brings too much, and without one when it goes on for too long.

    info: as the client sent it, but with one channel. is_sensible: False when the audio cannot be used. It is empty
    then: RoomIO holds back the track's live audio until it has the earlier one.
    """

    def __init__(self, reader: rtc.ByteStreamReader) -> None:
        self._reader = reader
        attributes = dict(reader.info.attributes or {})
        mime_type = reader.info.mime_type
        self._is_opus = mime_type == "audio/opus" or "codecs=opus" in mime_type
        is_pcm = not self._is_opus and not any(name in mime_type for name in _CONTAINERS)
        rate, channels = attributes.get("sampleRate", ""), attributes.get("channels", "")
        self.is_sensible = (
            rate.isdecimal()
            and len(rate) <= len(str(_MAX_RATE_HZ))
            and _MIN_RATE_HZ <= int(rate) <= _MAX_RATE_HZ
            and (self._is_opus or (is_pcm and channels == "1"))
        )
        if not self.is_sensible:
            attributes["sampleRate"] = str(_MAX_RATE_HZ)
        # The decoder mixes several channels down to one.
        self.info = replace(
            reader.info,
            mime_type=mime_type if self.is_sensible else "",
            attributes={**attributes, "channels": "1"},
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _MAX_OPUS_BYTES if self._is_opus else _MAX_PCM_BYTES
        try:
            if not self.is_sensible:
                return
            chunks = aiter(self._reader)
            deadline = asyncio.get_running_loop().time() + _READ_SECONDS
            while True:
                try:
                    async with asyncio.timeout_at(deadline):
                        chunk = await anext(chunks)
                except (StopAsyncIteration, TimeoutError):
                    return
                left -= len(chunk)
                if left < 0:
                    raise ValueError("the client sent too much of its earlier audio")
                yield chunk
        finally:
            self._reader.close()
