"""Files in a folder and in a real S3 server behave alike. Contract 14.11: a folder or any S3-compatible store."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.kit.blobs import Blobs, BlobSettings
from services.kit.errors import CallboxError, Code
from services.kit.settings import SettingsError
from tests.fixtures.s3 import S3Server, s3_server
from tests.fixtures.stopwatch import Stopwatch

__all__ = ["s3_server"]


@pytest.fixture(params=["folder", "folder of the data", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    told: dict[str, Any] = {}
    if request.param == "folder":
        told = {"files_url": (tmp_path / "elsewhere").as_uri()}
    elif request.param == "s3":
        server: S3Server = request.getfixturevalue("s3_server")
        told = {**server.settings, "files_url": f"{server.settings['files_url']}/{secrets.token_hex(4)}"}
    return Blobs(BlobSettings(data_dir=tmp_path / "data", **told))


async def everything(blobs: Blobs, key: str) -> bytes | None:
    chunks = await blobs.stream(key)
    return None if chunks is None else b"".join([chunk async for chunk in chunks])


async def test_a_file_is_kept_read_replaced_and_deleted(blobs: Blobs) -> None:
    key = "documents/chr_1/doc_2/handbook.md"
    assert await blobs.get(key) is None
    assert await everything(blobs, key) is None
    await blobs.put(key, b"first")
    assert await blobs.get(key) == b"first"
    await blobs.put(key, b"second, longer")
    assert await everything(blobs, key) == b"second, longer"
    await blobs.delete(key)
    assert await blobs.get(key) is None
    await blobs.delete(key)


async def test_old_files_are_found_by_their_age(blobs: Blobs) -> None:
    await blobs.put("some/old", b"1")
    await blobs.put("others/old", b"2")
    assert await blobs.older_keys("some/", timedelta(minutes=1)) == []
    # S3 tells the time in whole seconds.
    assert await blobs.older_keys("some/", timedelta(seconds=-2)) == ["some/old"]


async def test_a_large_file_comes_from_disk_and_back_in_chunks(blobs: Blobs, tmp_path: Path) -> None:
    content = secrets.token_bytes(20 * 1024 * 1024 + 17)
    path = tmp_path / "large"
    path.write_bytes(content)
    await blobs.put("large", path)
    chunks = await blobs.stream("large")
    assert chunks is not None
    sizes, read = [], b""
    async for chunk in chunks:
        sizes.append(len(chunk))
        read += chunk
    assert read == content
    assert len(sizes) > 1
    assert min(sizes[:-1]) >= 256 * 1024
    await blobs.delete("large")


async def test_empty_files_are_files(blobs: Blobs) -> None:
    await blobs.put("empty", b"")
    assert await blobs.get("empty") == b""
    assert await everything(blobs, "empty") == b""


async def test_keys_below_a_prefix_are_listed(blobs: Blobs) -> None:
    for key in ("documents/a/1", "documents/a/2", "documents/b/1", "other/1"):
        await blobs.put(key, b"x")
    assert sorted(await blobs.keys("documents/a")) == ["documents/a/1", "documents/a/2"]
    assert sorted(await blobs.keys("documents")) == ["documents/a/1", "documents/a/2", "documents/b/1"]
    assert await blobs.keys("nothing") == []


async def test_an_address_says_where_a_file_is(blobs: Blobs, tmp_path: Path) -> None:
    await blobs.put("a/b.txt", b"here")
    url = blobs.url("a/b.txt")
    assert url.endswith("/a/b.txt")
    assert url.startswith(("file:///", "s3://callbox/some/prefix/"))
    if url.startswith("file://"):
        assert Path(url.removeprefix("file://")).read_bytes() == b"here"


async def test_a_signed_link_reads_one_file_for_a_while(s3_server: S3Server, tmp_path: Path) -> None:
    blobs = Blobs(BlobSettings(data_dir=tmp_path, **s3_server.settings))
    await blobs.put("signed.txt", b"read me")
    link = await blobs.signed_url("signed.txt", timedelta(minutes=15))
    assert link is not None
    assert s3_server.secret_key not in link
    async with httpx.AsyncClient() as client:
        assert (await client.get(link)).content == b"read me"
        assert (await client.get(link.replace("signed.txt", "other.txt"))).status_code == 403
        assert (await client.get(link.split("?")[0])).status_code == 403
    assert await Blobs(BlobSettings(data_dir=tmp_path)).signed_url("x", timedelta(minutes=15)) is None


async def test_a_store_that_is_gone_is_told_in_bounded_time_and_comes_back(s3_server: S3Server, tmp_path: Path) -> None:
    blobs = Blobs(BlobSettings(data_dir=tmp_path, **s3_server.settings))
    await blobs.put("kept.txt", b"kept")
    s3_server.stop()
    try:
        for ask in (blobs.get("kept.txt"), blobs.put("new.txt", b"x"), blobs.stream("kept.txt"), blobs.keys("")):
            watch = Stopwatch()
            with pytest.raises(CallboxError) as outage:
                await ask
            assert outage.value.code is Code.UPSTREAM_UNAVAILABLE
            assert outage.value.retry_after_seconds
            assert watch.seconds() < 15
    finally:
        s3_server.start()
    assert await blobs.get("kept.txt") == b"kept"


@pytest.mark.parametrize(
    "wrong",
    [{"files_s3_secret_access_key": "wrong"}, {"files_s3_access_key_id": "nobody"}, {"files_url": "s3://none/x"}],
)
async def test_wrong_credentials_are_an_outage_without_the_secret(
    s3_server: S3Server, tmp_path: Path, wrong: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    blobs = Blobs(BlobSettings(data_dir=tmp_path, **{**s3_server.settings, **wrong}))
    for ask in (blobs.put("x.txt", b"x"), blobs.get("x.txt"), blobs.stream("x.txt"), blobs.keys("")):
        with pytest.raises(CallboxError) as outage:
            await ask
        assert outage.value.code is Code.UPSTREAM_UNAVAILABLE
    said = capsys.readouterr()
    assert s3_server.secret_key not in said.out + said.err + str(outage.value)


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "/folder", "file://host/folder", "s3://bucket?x=1"])
def test_an_address_that_is_none_is_refused_by_name(url: str) -> None:
    with pytest.raises(SettingsError, match="CALLBOX_FILES_URL"):
        BlobSettings.load({"CALLBOX_FILES_URL": url})
