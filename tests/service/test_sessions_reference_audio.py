"""Contract 14.4 and 14.9: `reference_audio_url` is fetched by the guarded client, within the second of a start."""

from __future__ import annotations

import asyncio
import io
import os
import time
import wave
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import redis
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import webhooks_pb2, webhooks_pb2_grpc
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.kit.blobs import Blobs, BlobSettings
from services.kit.errors import Code
from services.kit.net import outbound as outbound_client
from services.kit.net.outbound import Outbound
from services.kit.ops import HttpServer
from services.kit.rpc.client import call, connect
from services.sessions.reference_audio.fetcher import MAX_BYTES, ReferenceAudioFetcher
from services.sessions.reference_audio.storage import ReferenceAudioStore
from tests.fixtures.refusals import refusal
from tests.fixtures.sessions import MakeHouse, SessionsHouse, until
from tests.fixtures.stopwatch import Stopwatch
from tests.fixtures.wire import Wire, listening, say

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

    from tests.fixtures.callers import DirectedWorker
    from tests.fixtures.redis import RedisServer

HERE = "127.0.0.0/8"


def wav(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8_000)
        writer.writeframes(bytes(int(16_000 * seconds)))
    return file.getvalue()


class Host:
    """A web server with recordings. asked: paths that were asked for. released: `held.wav` is answered."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.released = asyncio.Event()
        self.base = ""

    async def answer(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.asked.append(name)
        match name:
            case "good.wav":
                return Response(wav(2), media_type="application/octet-stream")
            case "long.wav":
                return Response(wav(61))
            case "full.wav":
                return Response(wav(3) + bytes(MAX_BYTES - len(wav(3))))
            case "large.wav":
                return Response(wav(3) + bytes(MAX_BYTES))
            case "page.wav":
                return Response("<html>", media_type="audio/wav")
            case "chunks.wav":
                return Response(b"RIFF\x00\x00\x00\x00WAVE" + b"junk\x00\x00\x00\x00" * (MAX_BYTES // 8 - 2))
            case "slow.wav":
                await asyncio.sleep(2)
                return Response(wav(2))
            case "held.wav":
                await self.released.wait()
                return Response(wav(2))
            case "round":
                return RedirectResponse(f"{self.base}/good.wav")
            case "inside":
                return RedirectResponse("http://169.254.169.254/latest/meta-data/")
        return Response(status_code=404)


@asynccontextmanager
async def hosting() -> AsyncIterator[Host]:
    host = Host()
    server = HttpServer(Starlette(routes=[Route("/{name}", host.answer)]), "127.0.0.1:0")
    await server.start()
    host.base = f"http://127.0.0.1:{server.port}"
    try:
        yield host
    finally:
        await server.stop()


async def test_a_recording_is_fetched_and_told_by_its_content() -> None:
    async with hosting() as host, Outbound(HERE) as outbound:
        references = ReferenceAudioFetcher(outbound)
        assert await references.fetch(f"{host.base}/good.wav") == wav(2)
        assert await references.fetch(f"{host.base}/round") == wav(2)
        assert len(await references.fetch(f"{host.base}/full.wav")) == MAX_BYTES


@pytest.mark.production_deadlines
async def test_what_cannot_be_used_is_said_in_time() -> None:
    cases = {
        "long.wav": "longer than 60 seconds",
        "large.wav": "Cannot be fetched",
        "page.wav": "neither a WAV nor an MP3",
        "none.wav": "status 404",
        "slow.wav": "did not answer within 0.5 seconds",
        "inside": "Cannot be fetched",
    }
    async with hosting() as host, Outbound(HERE) as outbound:
        for name, said in cases.items():
            watch = Stopwatch()
            error = await refusal(ReferenceAudioFetcher(outbound).fetch(f"{host.base}/{name}"), Code.VALIDATION_FAILED)
            assert watch.seconds() < 0.9, name
            assert said in error.fields["reference_audio_url"][0], name


async def test_a_private_address_is_never_asked() -> None:
    async with hosting() as host, Outbound() as outbound:
        for url in (f"{host.base}/good.wav", "file:///etc/passwd", "http://user:pw@x.example/", "nonsense"):
            error = await refusal(ReferenceAudioFetcher(outbound).fetch(url), Code.VALIDATION_FAILED)
            assert list(error.fields) == ["reference_audio_url"]
        assert host.asked == []


async def test_a_voice_that_cannot_be_matched_is_refused_before_anything_is_fetched(make_house: MakeHouse) -> None:
    house = await make_house(outbound_allow=HERE)
    async with hosting() as host, house.worker():
        begun = house.begin(reference_audio_url=f"{host.base}/good.wav", voice_model="hibari-en")
        error = await refusal(begun, Code.VALIDATION_FAILED)
        assert "cannot be matched" in error.fields["reference_audio_url"][0]
        assert host.asked == []


@pytest.mark.production_deadlines
async def test_a_start_with_a_voice_that_can_fetches_first_and_keeps_its_second(make_house: MakeHouse) -> None:
    house: SessionsHouse = await make_house(outbound_allow=HERE)
    async with hosting() as host, house.worker(slots=1):
        for name in ("page.wav", "chunks.wav", "slow.wav", "none.wav"):
            watch = Stopwatch()
            await refusal(house.begin(reference_audio_url=f"{host.base}/{name}"), Code.VALIDATION_FAILED)
            assert watch.seconds() < 1.0
        # Another fault is said without a fetch, and none of the refusals took the slot.
        host.asked.clear()
        await refusal(house.begin(reference_audio_url=f"{host.base}/good.wav", language="tlh"), Code.VALIDATION_FAILED)
        assert host.asked == []
        await house.begin(reference_audio_url=f"{host.base}/good.wav")
        assert host.asked == ["good.wav"]


async def test_the_worker_that_carries_the_call_reads_the_recording_and_nobody_else(make_house: MakeHouse) -> None:
    """The bytes that the client's server gave are those that the voice is matched to."""
    house = await make_house(outbound_allow=HERE)
    agent = house.callers.service("agent")

    async def read(session_id: str, worker_id: str, identity: str = agent) -> bytes:
        asked = pb.ReadReferenceRequest(session_id=session_id, worker_id=worker_id)
        return (await call(house.sessions.ReadReference, asked, identity=identity)).content

    async with hosting() as host, house.worker() as worker:
        started = await house.begin(reference_audio_url=f"{host.base}/good.wav")
        session_id = started.session.session_id
        await until(lambda: _claimed(worker, session_id))
        assert worker.claims[session_id].character.reference_audio_url == f"{host.base}/good.wav"
        assert await read(session_id, worker.worker_id) == wav(2)
        await refusal(read(session_id, "another"), Code.SESSION_TAKEN)
        await refusal(read(session_id, worker.worker_id, house.user), Code.PERMISSION_DENIED)
        await refusal(read("sess_unknown", worker.worker_id), Code.NOT_FOUND)
        without = (await house.begin()).session.session_id
        await until(lambda: _claimed(worker, without))
        await refusal(read(without, worker.worker_id), Code.NOT_FOUND)
        await house.end(session_id)
        await refusal(read(session_id, worker.worker_id), Code.SESSION_TAKEN)


async def test_a_recording_is_kept_as_a_file_and_deleted_when_it_has_expired(tmp_path: Path) -> None:
    """Redis, where the leases are, holds none: ten recordings would fill it."""
    blobs = Blobs(BlobSettings(data_dir=tmp_path))
    await ReferenceAudioStore(blobs, keep_seconds=60.0).delete_expired()
    await blobs.put("media/other", b"stays")
    store = ReferenceAudioStore(blobs, keep_seconds=60.0)
    await store.keep("sess_1", wav(2))
    await store.keep("sess_2", wav(1))
    an_hour_ago = time.time() - 3600
    os.utime(tmp_path / "files/reference-audio/sess_1", (an_hour_ago, an_hour_ago))
    await store.delete_expired()
    assert await store.read("sess_1") is None
    assert await store.read("sess_2") == wav(1)
    assert await blobs.get("media/other") == b"stays"


async def test_a_recording_takes_no_memory_of_redis(make_house: MakeHouse, redis_server: RedisServer) -> None:
    house = await make_house(outbound_allow=HERE)
    async with hosting() as host, house.worker():
        await house.begin(reference_audio_url=f"{host.base}/full.wav")
        client = redis.Redis.from_url(redis_server.url)
        used = client.info("memory")["used_memory_dataset"]
        client.close()
        assert used < MAX_BYTES / 2


async def test_slow_servers_of_recordings_delay_no_webhook(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recordings have connections of their own, here one."""
    monkeypatch.setattr(outbound_client, "_MAX_CONNECTIONS", 1)
    house = await make_house(outbound_allow=HERE, webhook_poll_seconds=0.1)
    async with hosting() as host, listening(say) as wire, house.worker(), connect(house.settings.listen) as channel:
        hook = webhooks_pb2.CreateWebhookRequest(url=f"http://127.0.0.1:{wire.port}/", is_active=True)
        await call(webhooks_pb2_grpc.WebhooksServiceStub(channel).CreateWebhook, hook, identity=house.user)
        told_of = (await house.begin()).session.session_id
        starting = asyncio.create_task(house.begin(reference_audio_url=f"{host.base}/held.wav"))
        try:
            await until(lambda: _asked(host))
            await house.end(told_of)
            await until(lambda: _told(wire))
            assert not starting.done()
        finally:
            host.released.set()
            await asyncio.wait([starting])


async def test_what_became_of_a_recording_stands_in_the_history(make_house: MakeHouse) -> None:
    house = await make_house(outbound_allow=HERE)
    async with hosting() as host, house.worker() as worker:
        session_id = (await house.begin(reference_audio_url=f"{host.base}/good.wav")).session.session_id
        await until(lambda: _claimed(worker, session_id))
        assert not (await house.read(session_id)).HasField("voice")
        matched = pb.VoiceEvent(
            likeness=pb.VOICE_LIKENESS_MATCHED, voice="af_heart*0.6+af_bella*0.4", similarity=0.75, reason="x" * 500
        )
        for sequence, voice in ((1, matched), (2, None)):
            event = pb.SessionEvent(sequence=sequence, voice=voice, usage=None if voice else pb.Usage(tts_characters=1))
            request = pb.AppendEventsRequest(session_id=session_id, worker_id=worker.worker_id, events=[event])
            await call(house.sessions.AppendEvents, request, identity=house.callers.service("agent"))
        told = (await house.read(session_id)).voice
        assert (told.likeness, told.voice, told.similarity) == (matched.likeness, matched.voice, 0.75)
        assert len(told.reason) == 300
        broken = pb.SessionEvent(sequence=3, voice=pb.VoiceEvent(similarity=float("nan")))
        request = pb.AppendEventsRequest(session_id=session_id, worker_id=worker.worker_id, events=[broken])
        refused = call(house.sessions.AppendEvents, request, identity=house.callers.service("agent"))
        await refusal(refused, Code.VALIDATION_FAILED)


async def _asked(host: Host) -> bool:
    return bool(host.asked)


async def _told(wire: Wire) -> bool:
    return bool(wire.requests)


async def _claimed(worker: DirectedWorker, session_id: str) -> bool:
    return session_id in worker.claims
