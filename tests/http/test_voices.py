"""What there is to speak and to hear with, as the gateway tells of it (own), and samples of voices."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.sessions import until
from tests.http.site import refused

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.http.site import MakeSite, Site

VOICES = "/api/voices/"
SOUND = bytes(range(256)) * 8
SAMPLE = f"{VOICES}ann/sample/"
SMALL = """
[pools.speech]
protocol = "triton"

[defaults.en]
voice = "ann"
recogniser = "ears"

[[recognisers]]
name = "ears"
pool = "speech"
model = "stt"
provider = "ours"
languages = ["en"]
licence = "MIT"

[[voices]]
name = "ann"
aliases = ["documented"]
title = "Ann"
pool = "speech"
model = "tts"
voice = "a"
provider = "ours"
languages = ["en"]
sample_rate_hz = 24000
licence = "MIT"
sample = "samples/ann.mp3"

[[voices]]
name = "bob"
title = "Bob"
pool = "speech"
model = "tts"
voice = "b"
provider = "ours"
languages = ["en"]
sample_rate_hz = 24000
licence = "MIT"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A small catalogue with one sample."""
    folder = tmp_path / "catalogue"
    (folder / "samples").mkdir(parents=True)
    (folder / "samples" / "ann.mp3").write_bytes(SOUND)
    path = folder / "catalogue.toml"
    path.write_text(SMALL)
    return path


def names(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["name"] for entry in entries]


async def test_every_voice_and_recogniser_is_told_of_to_who_has_a_credential(site: Site) -> None:
    by_key, by_token = await site.keyed.get(VOICES), await site.owner.get(VOICES)
    assert by_key.status_code == 200
    told = by_key.json()
    assert told == by_token.json()
    assert {"hibari-en", "kokoro-af-heart", "kokoro-zm-yunyang"} <= set(names(told["voices"]))
    (hibari,) = [voice for voice in told["voices"] if voice["name"] == "hibari-en"]
    assert (hibari["aliases"], hibari["languages"], hibari["provider"]) == (["chatterbox-en-v1"], ["en"], "hibari")
    assert (hibari["sample_rate_hz"], hibari["can_clone"], hibari["can_match"]) == (24_000, False, False)
    assert names(told["recognisers"]) == ["moonshine-tiny-en", "whisper-base"]
    assert {"language": "pt", "voice": "kokoro-pf-dora", "recogniser": "whisper-base"} in told["defaults"]
    refused(await site.nobody.get(VOICES), 401, "not_authenticated")


async def test_every_voice_that_is_told_of_can_be_asked_for_and_heard(site: Site) -> None:
    """Contract 14.4: what the list names is what a start takes."""
    told = (await site.keyed.get(VOICES)).json()
    for voice in told["voices"]:
        sample = await site.nobody.get(voice["sample_url"])
        assert (sample.status_code, sample.headers["content-type"]) == (200, "audio/mpeg")
    async with site.house.worker(slots=len(told["defaults"])):
        for default in told["defaults"]:
            for name in (default["voice"], None):
                answer = await site.start(language=default["language"], voice_model=name)
                assert answer.status_code == 200, answer.text
                await site.owner.post(f"/api/agents/sessions/{answer.json()['session_id']}/end/")


@pytest.mark.parametrize(
    ("language", "first", "count", "recognisers", "default"),
    [
        ("en-GB", "kokoro-bf-alice", 29, ["moonshine-tiny-en", "whisper-base"], "en-GB"),
        ("en-AU", "hibari-en", 29, ["moonshine-tiny-en", "whisper-base"], "en"),
        ("pt-PT", "kokoro-pf-dora", 3, ["whisper-base"], "pt"),
        ("pl", None, 0, [], None),
    ],
)
async def test_a_language_asks_for_what_serves_it(
    site: Site, language: str, first: str | None, count: int, recognisers: list[str], default: str | None
) -> None:
    told = (await site.keyed.get(VOICES, params={"language": language})).json()
    assert len(told["voices"]) == count
    assert names(told["voices"][:1]) == ([first] if first else [])
    assert names(told["recognisers"]) == recognisers
    assert [one["language"] for one in told["defaults"]] == ([default] if default else [])


@pytest.mark.parametrize("language", ["en_US", "", "x" * 101])
async def test_what_is_no_tag_of_a_language_is_refused(site: Site, language: str) -> None:
    body = refused(await site.keyed.get(VOICES, params={"language": language}), 422, "validation_failed")
    assert list(body["errors"]) == ["language"]


async def test_a_sample_is_for_everybody_and_kept_by_its_digest(make_gateway: MakeSite, catalogue: Path) -> None:
    site = await make_gateway(catalogue=catalogue)
    ann, bob = (await site.keyed.get(VOICES)).json()["voices"]
    assert bob["sample_url"] is None
    refused(await site.nobody.get(f"{VOICES}bob/sample/"), 404, "not_found")
    refused(await site.nobody.get(SAMPLE, headers={"X-API-Key": "sk_no_good"}), 401, "not_authenticated")
    answer = await site.nobody.get(ann["sample_url"])
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "audio/mpeg"
    for path in (SAMPLE, f"{VOICES}documented/sample", f"{SAMPLE}?v=of-another"):
        asked = await site.nobody.get(path)
        assert (asked.content, asked.headers["cache-control"]) == (SOUND, "public, no-cache"), path
    known = await site.nobody.get(SAMPLE, headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")

    (catalogue.parent / "samples" / "ann.mp3").write_bytes(SOUND[:9])
    other = (await site.keyed.get(VOICES)).json()["voices"][0]["sample_url"]
    assert other != ann["sample_url"]
    assert (await site.nobody.get(other)).content == SOUND[:9]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-1", 0, 1),
        ("bytes=100-", 100, 2047),
        ("bytes=-48", 2000, 2047),
        ("bytes=2040-99999", 2040, 2047),
        ("bytes=2048-", None, None),
        ("bytes=9-3", None, None),
        ("bytes=-0", None, None),
        ("lines=0-1", None, None),
        ("bytes=" + "9" * 5_000 + "-", None, None),
    ],
)
async def test_a_player_gets_the_part_it_asks_for(
    make_gateway: MakeSite, catalogue: Path, asked: str, first: int | None, last: int | None
) -> None:
    site = await make_gateway(catalogue=catalogue)
    answer = await site.nobody.get(SAMPLE, headers={"Range": asked})
    assert answer.headers["accept-ranges"] == "bytes"
    if first is None or last is None:
        assert (answer.status_code, answer.content) == (200, SOUND)
        return
    assert (answer.status_code, answer.content) == (206, SOUND[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(SOUND)}"
    assert answer.headers["content-length"] == str(last + 1 - first)
    changed = await site.nobody.get(SAMPLE, headers={"Range": asked, "If-Range": '"of-another"'})
    assert (changed.status_code, changed.content) == (200, SOUND)
    same = await site.nobody.get(SAMPLE, headers={"Range": asked, "If-Range": answer.headers["etag"]})
    assert (same.status_code, same.content) == (206, answer.content)


async def test_a_player_gets_several_parts_at_once(make_site: MakeSite, catalogue: Path) -> None:
    site = await make_site(catalogue=catalogue)
    answer = await site.nobody.get(SAMPLE, headers={"Range": "bytes=0-1,5-6"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges; boundary=")
    for first, last in ((0, 1), (5, 6)):
        part = f"Content-Type: audio/mpeg\r\nContent-Range: bytes {first}-{last}/{len(SOUND)}\r\n\r\n".encode()
        assert part + SOUND[first : last + 1] in answer.content


@pytest.mark.parametrize(
    "name", ["nobody", "..", "%2e%2e", "%2e%2e%2fcatalogue.toml", "ann%00", "a" * 5_000, "ann.mp3"]
)
async def test_no_other_file_can_be_had(make_gateway: MakeSite, catalogue: Path, name: str) -> None:
    site = await make_gateway(catalogue=catalogue)
    answer: httpx.Response = await site.nobody.get(f"{VOICES}{name}/sample/")
    assert answer.status_code in (404, 414), answer.text
    assert b"pools" not in answer.content


def test_a_gateway_with_a_catalogue_that_cannot_be_used_says_why_and_does_not_start(
    catalogue: Path, keys_dir: Path
) -> None:
    catalogue.write_text(SMALL.replace('voice = "ann"', 'voice = "anne"'))
    others = [f"CALLBOX_{name}_ADDRESS" for name in ("ACCOUNTS", "CHARACTERS", "SESSIONS")]
    nowhere = dict.fromkeys(others, "127.0.0.1:9")
    wired = {"CALLBOX_CATALOGUE": str(catalogue), "CALLBOX_KEYS_DIR": str(keys_dir), "CALLBOX_LISTEN": "127.0.0.1:0"}
    ended = subprocess.run(
        [sys.executable, "-m", "services.gateway"],
        env={**os.environ, **nowhere, **wired},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert '[defaults.en] voice: "anne" is the name of none' in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_changed_catalogue_serves_without_a_restart(make_site: MakeSite, catalogue: Path) -> None:
    site = await make_site(catalogue=catalogue, sessions={"catalogue": catalogue})
    asked = {"voice_model": "carol", "reference_audio_url": None}
    async with site.house.worker():
        body = refused(await site.start(**asked), 422, "validation_failed")
        assert "choose one of ann, documented, bob." in body["errors"]["voice_model"][0]
        catalogue.write_text(SMALL.replace('"bob"', '"carol"'))

        async def is_served() -> bool:
            return (await site.start(**asked)).status_code == 200

        await until(is_served)
        told = await site.keyed.get(VOICES)
        assert names(told.json()["voices"]) == ["ann", "carol"]
