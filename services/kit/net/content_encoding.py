"""Decompresses HTTP bodies in small pieces, so that a decompression bomb stops at its limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

PIECE_BYTES = 64 * 1024
# More encodings than this are taken for an attack.
_MAX_ENCODINGS = 2


class BadEncoding(ValueError):
    """A body whose encoding is unknown, damaged or cut short."""


class OverLimit(ValueError):
    """A body that is over its limit, as received or after any decompression step."""


class _Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decompressed data, in pieces of about `PIECE_BYTES`."""

    @property
    def finished(self) -> bool:
        """Whether the compressed data is complete."""


class _Zlib:
    """gzip with one or more members, or deflate with or without a zlib header."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzip else None
        self._head = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            self._head += data
            if len(self._head) < 2:
                return
            data, first = self._head, self._head[0]
            wrapped = first & 0x0F == 8 and int.from_bytes(self._head[:2]) % 31 == 0
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        pending = False  # zlib may have taken all the data and still hold back what did not fit into the last piece
        while data or pending:
            if self._inflater.eof:
                if not self._gzip:
                    return
                self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                piece = self._inflater.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise BadEncoding("the body's compression is damaged") from None
            pending = len(piece) == PIECE_BYTES and not self._inflater.eof
            data = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
            if piece:
                yield piece

    @property
    def finished(self) -> bool:
        return self._inflater is not None and self._inflater.eof


class _Brotli:
    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        while not self._decompressor.is_finished():
            try:
                piece = self._decompressor.process(data, output_buffer_limit=PIECE_BYTES)
            except brotli.error:
                raise BadEncoding("the body's compression is damaged") from None
            data = b""
            if piece:
                yield piece
            if self._decompressor.can_accept_more_data():
                return

    @property
    def finished(self) -> bool:
        return bool(self._decompressor.is_finished())


class Decoding:
    """Decompresses one body. limit_bytes: for the body as received and after each decompression step."""

    def __init__(self, content_encoding: str, limit_bytes: int) -> None:
        """content_encoding: value of the header, in the order in which the encodings were applied.

        Raises: BadEncoding for an encoding that was not requested.
        """
        names = [name for part in content_encoding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
        if len(names) > _MAX_ENCODINGS:
            raise BadEncoding("the body is compressed several times over")
        self._decoders = [_decoder(name) for name in reversed(names)]
        self._left = [limit_bytes] * (len(self._decoders) + 1)
        self._limit_bytes = limit_bytes
        self._received = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decompresses the next received bytes, in small pieces.

        Raises: OverLimit, BadEncoding.
        """
        self._received = self._received or bool(data)
        return self._stage(0, data)

    def finish(self) -> None:
        """Marks the end of the body.

        Raises: BadEncoding if data is missing.
        """
        if self._received and not all(decoder.finished for decoder in self._decoders):
            raise BadEncoding("the body was cut short")

    def _stage(self, index: int, data: bytes) -> Iterator[bytes]:
        self._left[index] -= len(data)
        if self._left[index] < 0:
            raise OverLimit(f"the body is longer than {self._limit_bytes} bytes")
        if index == len(self._decoders):
            if data:
                yield data
            return
        for piece in self._decoders[index].feed(data):
            yield from self._stage(index + 1, piece)


def _decoder(name: str) -> _Decoder:
    if name in ("gzip", "x-gzip"):
        return _Zlib(gzip=True)
    if name == "deflate":
        return _Zlib(gzip=False)
    if name == "br":
        return _Brotli()
    raise BadEncoding("the body has an encoding that was not asked for")
