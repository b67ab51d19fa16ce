"""Files that arrive at the same moment, and slowly (contract 14.12: limits)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
from starlette.requests import Request

from services.gateway.requests import upload
from services.gateway.requests.upload import Uploads
from services.kit.errors import CallboxError, Code

pytestmark = [pytest.mark.asyncio, pytest.mark.looptime]
AT_ONCE, OF_A_TENANT = 16, 4
FORM_HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


async def sending(seconds: float, piece: bytes, number: int = 10_000, head: bytes = b"") -> AsyncIterator[bytes]:
    """Pieces of a body, each after a pause."""
    yield head
    for _ in range(number):
        await asyncio.sleep(seconds)
        yield piece


def request(pieces: AsyncIterator[bytes], content_type: str = "image/png") -> Request:
    async def receive() -> dict[str, object]:
        piece = await anext(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "PUT", "headers": headers}, receive)


# Less than 1 MB in all: more goes to a file by a thread, which virtual time does not wait for.
async def receive(uploads: Uploads, asked: Request, tenant_id: str = "ten_a") -> bytes:
    async with uploads.receive(asked, 10 * MEGABYTE, tenant_id) as received:
        return b"".join([piece async for piece in received.pieces()])


def refused(uploads: Uploads, tenant_id: str) -> CallboxError:
    with pytest.raises(CallboxError) as caught, uploads.slot(tenant_id):
        pass
    assert caught.value.code is Code.AT_CAPACITY
    assert caught.value.retry_after_seconds
    return caught.value


async def test_one_file_more_than_there_is_room_for_is_refused_and_room_comes_back() -> None:
    uploads = Uploads()
    with ExitStack() as arriving:
        for number in range(AT_ONCE):
            arriving.enter_context(uploads.slot(f"ten_{number}"))
        assert "Too many files" in refused(uploads, "ten_another").message
    with uploads.slot("ten_another"):
        pass


async def test_one_tenant_cannot_take_all_the_room() -> None:
    uploads = Uploads()
    with ExitStack() as arriving:
        for _ in range(OF_A_TENANT):
            arriving.enter_context(uploads.slot("ten_a"))
        assert f"already sending {OF_A_TENANT} files" in refused(uploads, "ten_a").message
        with uploads.slot("ten_b"):
            pass
    with uploads.slot("ten_a"):
        pass


@pytest.mark.parametrize(
    ("seconds", "size", "content_type", "head"),
    [
        (0.5, 1, "image/png", b""),
        (0.5, 1, "multipart/form-data; boundary=x", FORM_HEAD),
        (1.0, 15 * KILOBYTE, "image/png", b""),
        (60.0, 1, "image/png", b""),
    ],
)
async def test_a_file_that_arrives_slowly_loses_its_place_after_ten_seconds(
    seconds: float, size: int, content_type: str, head: bytes
) -> None:
    uploads = Uploads()
    began = asyncio.get_running_loop().time()
    with pytest.raises(CallboxError, match="more slowly than 160 KB in 10 s"):
        await receive(uploads, request(sending(seconds, b"x" * size, head=head), content_type))
    assert asyncio.get_running_loop().time() - began == pytest.approx(10, abs=1)
    for _ in range(OF_A_TENANT):
        with uploads.slot("ten_a"):
            pass


async def test_a_file_that_slows_down_later_loses_its_place_too() -> None:
    async def slowing() -> AsyncIterator[bytes]:
        async for piece in sending(1.0, b"x" * 20 * KILOBYTE, number=30):
            yield piece
        async for piece in sending(1.0, b"x"):
            yield piece

    began = asyncio.get_running_loop().time()
    with pytest.raises(CallboxError, match="more slowly"):
        await receive(Uploads(), request(slowing()))
    # The last 160 KB were complete after 24 s.
    assert asyncio.get_running_loop().time() - began == pytest.approx(34, abs=1)


async def test_a_slow_file_that_keeps_the_least_speed_is_received() -> None:
    pieces = sending(1.0, b"x" * 20 * KILOBYTE, number=50)
    assert len(await receive(Uploads(), request(pieces))) == 50 * 20 * KILOBYTE


async def test_a_file_that_keeps_the_least_speed_for_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "_READ_SECONDS", 40.0)
    with pytest.raises(CallboxError, match="did not arrive within 40 s"):
        await receive(Uploads(), request(sending(1.0, b"x" * 20 * KILOBYTE)))
