"""Contract 2.2 and 14.12: pictures and voices of characters, uploaded and served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fixtures.media import image, voice
from tests.http.site import refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.http.site import Site

ONE = "/api/ai-characters/support-bot/"
IMAGE, VOICE = f"{ONE}image/", f"{ONE}voice/"


async def test_a_picture_is_uploaded_and_everybody_sees_it(site: Site) -> None:
    picture = image("PNG")
    before = (await site.owner.get(ONE)).headers["etag"]
    answer = await site.owner.put(IMAGE, content=picture, headers={"If-Match": before})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["version"], answer.headers["etag"] != before) == (2, True)
    assert body["image"].startswith(f"/api/media/{body['id']}/")
    assert (await site.owner.get(ONE)).json()["image"] == body["image"]
    for path in (body["image"], body["image"] + "/"):
        shown = await site.nobody.get(path)
        assert (shown.status_code, shown.content) == (200, picture)
        assert shown.headers["content-type"] == "image/png"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in shown.headers["content-security-policy"]
        assert not any(name.startswith("access-control") for name in shown.headers)
    known = await site.nobody.get(body["image"], headers={"If-None-Match": shown.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    stale = await site.owner.put(IMAGE, content=image("GIF"), headers={"If-Match": before})
    refused(stale, 412, "precondition_failed")


async def test_a_form_with_a_file_is_as_good(site: Site) -> None:
    for kind, media_type in (("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")):
        files = {"file": ("../../evil.svg", image(kind), "image/svg+xml")}
        answer = await site.keyed.put(IMAGE, files=files, data={"note": "beside it"})
        assert answer.status_code == 200, answer.text
        shown = await site.nobody.get(answer.json()["image"])
        assert shown.headers["content-type"] == media_type
        assert "evil" not in answer.json()["image"]


async def test_what_was_uploaded_stays_when_the_character_is_read_and_put_back(site: Site) -> None:
    shown = (await site.owner.put(IMAGE, content=image())).json()
    again = await site.owner.put(ONE, json=shown)
    assert (again.json()["version"], again.json()["image"]) == (shown["version"], shown["image"])
    gone = (await site.owner.patch(ONE, json={"image": None})).json()
    assert gone["image"] == ""
    back = (await site.owner.post(f"{ONE}versions/{shown['version']}/restore/")).json()
    assert back["image"] == shown["image"]


async def test_a_voice_is_for_its_owner(site: Site) -> None:
    for kind, media_type in (("WAV", "audio/wav"), ("MP3", "audio/mpeg")):
        recording = voice(kind)
        answer = await site.owner.put(VOICE, content=recording, headers={"Content-Type": media_type})
        url = answer.json()["voice"]["audio_file"]
        for client in (site.owner, site.keyed):
            heard = await client.get(url)
            assert (heard.status_code, heard.content, heard.headers["content-type"]) == (200, recording, media_type)
            assert heard.headers["cache-control"].startswith("private")
        for client in (site.nobody, await site.stranger()):
            refused(await client.get(url), 404, "not_found")
        bad = await site.nobody.get(url, headers={"X-API-Key": "sk_wrong"})
        refused(bad, 401, "not_authenticated")


async def test_what_is_refused(site: Site) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for content in (svg, b"", b"<html>", voice(), image("BMP"), image("PNG", (4097, 1))):
        shown = refused(await site.owner.put(IMAGE, content=content), 422, "validation_failed")
        assert list(shown["errors"]) == ["file"]
    for content in (image(), voice("FLAC"), voice(seconds=61, rate=8000)):
        shown = refused(await site.owner.put(VOICE, content=content), 422, "validation_failed")
        assert list(shown["errors"]) == ["file"]
    refused(await site.owner.put(IMAGE, content=image() + bytes(5 * 1024 * 1024)), 413, "payload_too_large")
    refused(await site.owner.put(VOICE, content=bytes(10 * 1024 * 1024 + 1)), 413, "payload_too_large")
    big = {"file": ("a.png", image() + bytes(5 * 1024 * 1024), "image/png")}
    refused(await site.owner.put(IMAGE, files=big), 413, "payload_too_large")
    refused(await site.owner.put(IMAGE, files={"other": ("a.png", image())}), 422, "validation_failed")
    refused(await site.owner.put(IMAGE, files=[("file", ("a", b"x")), ("file", ("b", b"x"))]), 422, "validation_failed")
    for media_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        broken = await site.owner.put(IMAGE, content=b"--y\r\n\r\n", headers={"Content-Type": media_type})
        assert broken.status_code in (400, 422), broken.text
    refused(await site.nobody.put(IMAGE, content=image()), 401, "not_authenticated")
    refused(await (await site.stranger()).put(IMAGE, content=image()), 404, "not_found")
    refused(await site.owner.put("/api/ai-characters/no-such-bot/image/", content=image()), 404, "not_found")
    assert (await site.owner.get(ONE)).json()["version"] == 1


async def test_addresses_of_files_that_are_none(site: Site) -> None:
    url = (await site.owner.put(IMAGE, content=image())).json()["image"]
    _, _, _, character_id, name = url.split("/")
    for path in (
        f"/api/media/{character_id}/{'0' * 64}.png",
        f"/api/media/chr_none/{name}",
        f"/api/media/{character_id}/{name[:-4]}.gif",
        f"/api/media/{character_id}/..%2f..%2fetc%2fpasswd",
        f"/api/media/{character_id}/%00.png",
        f"/api/media/{character_id}/{name}/x",
        f"/api/media/a%00b/{name}",
        "/api/media/",
    ):
        refused(await site.nobody.get(path), 404, "not_found")
    await site.owner.delete(ONE)
    refused(await site.nobody.get(url), 404, "not_found")


async def test_a_body_that_does_not_say_its_length_is_cut_at_the_limit(site: Site) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(64 * 1024)

    refused(await site.owner.put(IMAGE, content=pieces()), 413, "payload_too_large")
