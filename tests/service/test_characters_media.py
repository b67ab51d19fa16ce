"""Contract 2.2: files of characters, where they are kept, who reads them and when they go."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import grpc
import pytest_asyncio
from callbox.characters.v1 import characters_pb2, media_pb2, media_pb2_grpc
from callbox.characters.v1.characters_pb2_grpc import CharactersServiceStub
from google.protobuf.json_format import MessageToDict

from services.characters.app import running
from services.characters.settings import CharactersSettings
from services.kit.errors import Code
from services.kit.rpc.client import call, connect
from tests.fixtures.characters import Owner
from tests.fixtures.media import IMAGE, VOICE, image, upload, voice
from tests.fixtures.refusals import refusal
from tests.fixtures.s3 import BUCKET, S3Server, s3_server
from tests.fixtures.sessions import until

if TYPE_CHECKING:
    from callbox.characters.v1.media_pb2_grpc import MediaServiceAsyncStub

    from tests.fixtures.identities import Callers

__all__ = ["s3_server"]

DAY_OLD = "now() - interval '25 hours'"


class Cabinet:
    """A running service, its owner, and the folder of its files."""

    def __init__(self, channel: grpc.aio.Channel, callers: Callers, folder: Path, database_url: str) -> None:
        self.media: MediaServiceAsyncStub = media_pb2_grpc.MediaServiceStub(channel)
        self.owner = Owner(CharactersServiceStub(channel), callers.user())
        self.callers = callers
        self._folder, self._database_url = folder, database_url

    async def upload(
        self, content: bytes, purpose: media_pb2.MediaPurpose.ValueType = IMAGE, *, token: str = "", **header: Any
    ) -> characters_pb2.Character:
        return await upload(self.media, token or self.owner.token, content, purpose, **header)

    async def read(self, url: str, token: str) -> media_pb2.GetMediaResponse:
        character_id, name = url.removeprefix("/api/media/").split("/")
        request = media_pb2.GetMediaRequest(character_id=character_id, name=name)
        return await call(self.media.GetMedia, request, identity=token)

    def files(self) -> set[str]:
        # Unlike `rglob`, it passes over a folder that is deleted meanwhile.
        return {name for _, _, names in os.walk(self._folder) for name in names}

    async def sql(self, statement: str) -> None:
        connection = await asyncpg.connect(self._database_url)
        await connection.execute(statement)
        await connection.close()


@asynccontextmanager
async def opened(
    database_url: str, keys_dir: Path, data_dir: Path, callers: Callers, folder: Path, **files: Any
) -> AsyncIterator[Cabinet]:
    settings = CharactersSettings(
        database_url=database_url, keys_dir=keys_dir, data_dir=data_dir, media_sweep_seconds=0.1, **files
    )
    async with running(settings) as server, connect(f"127.0.0.1:{server.port}") as channel:
        yield Cabinet(channel, callers, folder, database_url)


@pytest_asyncio.fixture
async def cabinet(database_url: str, keys_dir: Path, tmp_path: Path, callers: Callers) -> AsyncIterator[Cabinet]:
    data_dir = tmp_path / "data"
    async with opened(database_url, keys_dir, data_dir, callers, data_dir / "files") as cabinet:
        yield cabinet


@pytest_asyncio.fixture
async def s3_cabinet(
    database_url: str, keys_dir: Path, tmp_path: Path, callers: Callers, s3_server: S3Server
) -> AsyncIterator[Cabinet]:
    """Its files are below a prefix of its own in the S3 server."""
    prefix = secrets.token_hex(4)
    files = {**s3_server.settings, "files_url": f"s3://{BUCKET}/{prefix}"}
    folder = s3_server.root / BUCKET / prefix
    async with opened(database_url, keys_dir, tmp_path / "data", callers, folder, **files) as cabinet:
        yield cabinet


def content(character: characters_pb2.Character) -> dict[str, Any]:
    return MessageToDict(character.definition)


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


async def test_an_uploaded_file_becomes_a_version_that_names_it(cabinet: Cabinet) -> None:
    made = await cabinet.owner.create(voice={"voice_url": "https://acme.com/v.wav"})
    picture, sound = image(), voice()
    first = await cabinet.upload(picture)
    second = await cabinet.upload(sound, VOICE)
    shown = content(second)
    assert (first.version, second.version) == (2, 3)
    assert shown["image"].startswith(f"/api/media/{made.id}/")
    assert shown["image"].endswith(".png")
    assert shown["voice"]["voice_url"] == "https://acme.com/v.wav"
    assert await cabinet.owner.history() == [(3, ["voice"]), (2, ["image"]), (1, ["slug", "name", "voice"])]
    assert cabinet.files() == {name_of(shown["image"]), name_of(shown["voice"]["audio_file"])}
    gateway = cabinet.callers.service("gateway")
    read = await cabinet.read(shown["image"], gateway)
    assert (read.content, read.media_type, read.purpose) == (picture, "image/png", IMAGE)
    assert (await cabinet.upload(picture)).version == 3


async def test_a_voice_is_for_its_owner_and_for_calls(cabinet: Cabinet) -> None:
    await cabinet.owner.create()
    sound = voice("MP3")
    url = content(await cabinet.upload(sound, VOICE))["voice"]["audio_file"]
    callers = cabinet.callers
    for token in (cabinet.owner.token, callers.user(9, "ten_x", is_staff=True), callers.service("agent")):
        read = await cabinet.read(url, token)
        assert (read.content, read.media_type, read.purpose) == (sound, "audio/mpeg", VOICE)
    for token in (callers.user(2, "ten_two"), callers.service("gateway"), callers.visitor("https://acme.com")):
        await refusal(cabinet.read(url, token), Code.NOT_FOUND)


async def test_what_is_refused(cabinet: Cabinet) -> None:
    made = await cabinet.owner.create()
    error = await refusal(cabinet.upload(b"<svg/>"), Code.VALIDATION_FAILED)
    assert set(error.fields) == {"file"}
    await refusal(cabinet.upload(voice()), Code.VALIDATION_FAILED)
    await refusal(cabinet.upload(b""), Code.VALIDATION_FAILED)
    await refusal(cabinet.upload(image() + bytes(5 * 1024 * 1024)), Code.PAYLOAD_TOO_LARGE)
    await refusal(cabinet.upload(image(), media_pb2.MEDIA_PURPOSE_UNSPECIFIED), Code.INVALID_REQUEST)
    await refusal(cabinet.upload(image(), slug="no-such-bot"), Code.NOT_FOUND)
    await refusal(cabinet.upload(image(), token=cabinet.callers.user(2, "ten_two")), Code.NOT_FOUND)
    await refusal(cabinet.upload(image(), token=cabinet.callers.visitor()), Code.NOT_AUTHENTICATED)
    await refusal(cabinet.upload(image(), if_match=["stale"]), Code.PRECONDITION_FAILED)
    nothing: list[media_pb2.UploadMediaRequest] = []
    headless = [media_pb2.UploadMediaRequest(content=b"x")]
    for parts in (nothing, headless):
        answer = call(cabinet.media.UploadMedia, iter(parts), identity=cabinet.owner.token)
        await refusal(answer, Code.INVALID_REQUEST)
    assert await cabinet.owner.get() == made
    assert cabinet.files() == set()


async def test_a_definition_names_only_files_of_its_own(cabinet: Cabinet) -> None:
    await cabinet.owner.create()
    url = content(await cabinet.upload(image()))["image"]
    other = await cabinet.owner.create("other-bot")
    unknown = f"/api/media/{other.id}/{'0' * 64}.png"
    for wrong in (url, unknown, "/api/media/", f"/api/media/{other.id}/../x"):
        error = await refusal(cabinet.owner.patch("other-bot", image=wrong), Code.VALIDATION_FAILED)
        assert set(error.fields) == {"image"}
        error = await refusal(cabinet.owner.patch("other-bot", voice={"audio_file": wrong}), Code.VALIDATION_FAILED)
        assert set(error.fields) == {"voice.audio_file"}
        await refusal(cabinet.owner.create("third-bot", image=wrong), Code.VALIDATION_FAILED)
    await cabinet.owner.patch(image=None)
    assert content(await cabinet.owner.patch(image=url))["image"] == url
    assert content(await cabinet.owner.put(name="Again", image=url))["image"] == url
    assert content(await cabinet.owner.restore(2))["image"] == url


async def test_files_stay_as_long_as_a_version_names_them(cabinet: Cabinet) -> None:
    await cabinet.owner.create()
    old = content(await cabinet.upload(image(color="red")))["image"]
    new = content(await cabinet.upload(image(color="blue")))["image"]
    await cabinet.sql(f"update characters.media set created_at = {DAY_OLD}")
    await cabinet.sql(
        "insert into characters.media (character_id, name, purpose, media_type, bytes, created_by, created_at) "
        f"select character_id, 'orphan.png', 'image', 'image/png', 1, 1, {DAY_OLD} from characters.media limit 1"
    )
    await until(lambda: _gone(cabinet, "orphan.png"))
    assert cabinet.files() == {name_of(old), name_of(new)}
    await cabinet.sql("delete from characters.versions where version = 2")
    await until(lambda: _without(cabinet, {name_of(old)}))
    assert cabinet.files() == {name_of(new)}
    await refusal(cabinet.read(old, cabinet.callers.service("gateway")), Code.NOT_FOUND)


async def test_deleting_a_character_deletes_its_files(cabinet: Cabinet) -> None:
    """Those that no version names at once, the others when no call can run on them any more."""
    await cabinet.owner.create()
    kept = content(await cabinet.upload(image(color="red")))["image"]
    dropped = content(await cabinet.upload(image(color="blue")))["image"]
    await cabinet.sql("delete from characters.versions where version = 3")
    await cabinet.sql("update characters.characters set version = 2")
    await cabinet.owner.delete()
    await until(lambda: _without(cabinet, {name_of(dropped)}))
    assert cabinet.files() == {name_of(kept)}
    await refusal(cabinet.read(kept, cabinet.callers.service("gateway")), Code.NOT_FOUND)
    assert (await cabinet.read(kept, cabinet.callers.service("agent"))).content == image(color="red")
    await cabinet.sql(f"update characters.characters set deleted_at = {DAY_OLD}")
    await until(lambda: _without(cabinet, {name_of(kept)}))
    await refusal(cabinet.read(kept, cabinet.callers.service("agent")), Code.NOT_FOUND)


async def test_files_are_kept_in_an_s3_store(s3_cabinet: Cabinet, s3_server: S3Server, tmp_path: Path) -> None:
    """Contract 14.11: read and swept as in a folder; a store that is away costs no file and no version."""
    cabinet = s3_cabinet
    await cabinet.owner.create()
    picture, sound = image(), voice()
    first = content(await cabinet.upload(picture))["image"]
    url = content(await cabinet.upload(sound, VOICE))["voice"]["audio_file"]
    assert cabinet.files() == {name_of(first), name_of(url)}
    assert not list((tmp_path / "data").rglob(name_of(first)))
    assert (await cabinet.read(url, cabinet.callers.service("agent"))).content == sound
    s3_server.stop()
    try:
        await refusal(cabinet.upload(image(color="blue")), Code.UPSTREAM_UNAVAILABLE)
        await refusal(cabinet.read(first, cabinet.owner.token), Code.UPSTREAM_UNAVAILABLE)
        assert (await cabinet.owner.get()).version == 3
        await cabinet.owner.delete()
        await cabinet.sql(f"update characters.characters set deleted_at = {DAY_OLD}")
    finally:
        s3_server.start()
    await until(lambda: _without(cabinet, {name_of(first), name_of(url)}), seconds=30)
    assert cabinet.files() == set()


async def _without(cabinet: Cabinet, names: set[str]) -> bool:
    return not cabinet.files() & names


async def _gone(cabinet: Cabinet, name: str) -> bool:
    connection = await asyncpg.connect(cabinet._database_url)
    found = await connection.fetchval("select count(*) from characters.media where name = $1", name)
    await connection.close()
    return not found
