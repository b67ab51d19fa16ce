"""Limits on the request line and headers of HTTP requests, and JSON errors for requests that are not valid HTTP."""

import asyncio
import http
import json
import re
from typing import NoReturn

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.kit.errors import CallboxError, Code
from services.kit.logs import get_logger
from services.kit.metrics import refusals
from services.kit.rpc.context import REQUEST_ID_KEY, sane_request_id

# Request line and headers together; ordinary clients stay under 16 KiB.
MAX_HEAD_BYTES = 65_536
MAX_URL_BYTES = 16_384
MAX_HEADERS = 200
# From the connection, or the first byte of a request, to the end of the headers.
HEAD_SECONDS = 10.0

_UPGRADE = re.compile(rb"(?i)\r\nupgrade:")
_RENAMED = b"\r\nx-asked:"

_log = get_logger(__name__)


class _Refused(Exception):
    """A request that is refused before it reaches the application."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


_MALFORMED = _Refused(400, "This is not a sound HTTP request; check its request line, headers and lengths.")
_TOO_LONG = _Refused(414, f"The address has more than {MAX_URL_BYTES} bytes; send less in the query.")
_TOO_MANY = _Refused(431, f"The request has more than {MAX_HEADERS} headers; send fewer.")
_TOO_LARGE = _Refused(431, f"The headers have more than {MAX_HEAD_BYTES} bytes; send less.")
_TOO_SLOW = _Refused(408, f"The headers did not arrive within {HEAD_SECONDS:g} s; send the request again.")


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits on the number, size and time of headers, which it does not have itself."""

    _fault: _Refused | None = None
    _in_head = True
    # Bytes received of an unfinished head, and bytes of its complete headers.
    _pending_bytes = 0
    _kept_bytes = 0
    _closing = False
    _head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        """Starts the time limit for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the time limit."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser; refuses a head that is over its limit."""
        if self._closing:
            return
        if self._in_head:
            self._pending_bytes += len(data)
            data = _without_upgrade(data)
        super().data_received(data)
        if self._in_head and self._pending_bytes > MAX_HEAD_BYTES:
            self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request starts."""
        super().on_message_begin()
        self._in_head, self._kept_bytes = True, 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        """A part of the URL was parsed."""
        super().on_url(url)
        if len(self.url) > MAX_URL_BYTES:
            self._give_up(_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header was parsed."""
        super().on_header(name, value)
        self._kept_bytes += len(name) + len(value)
        if len(self.headers) > MAX_HEADERS:
            self._give_up(_TOO_MANY)
        if self._kept_bytes > MAX_HEAD_BYTES:
            self._give_up(_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head is complete: the application runs."""
        self._stop_waiting()
        super().on_headers_complete()
        self._in_head, self._pending_bytes = False, 0

    def on_message_complete(self) -> None:
        """The request is complete; the next bytes are the head of another."""
        self._in_head = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers a request that could not be parsed."""
        self._refuse(self._fault or _MALFORMED)

    def _give_up(self, fault: _Refused) -> NoReturn:
        self._fault = fault
        raise fault

    def _await_head(self) -> None:
        if self._head_deadline is None:
            self._head_deadline = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def _stop_waiting(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _refuse(self, fault: _Refused) -> None:
        """Sends the refusal unless a response has started, and closes the connection."""
        if self._closing:
            return
        self._closing = True
        self._stop_waiting()
        answered = self.cycle is None or self.cycle.response_complete
        # An unused connection is closed without an answer.
        wanted = answered and self._pending_bytes > 0 if self._in_head else not self.cycle.response_started
        if wanted:
            self.transport.write(_answer(fault, dict(self.headers or ())))
        if self.cycle is not None:
            # Wakes an application that still waits for the body.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


def _without_upgrade(data: bytes) -> bytes:
    """The bytes of a head with its `Upgrade` header renamed.

    No other protocol is supported, and llhttp would end such a request after its headers and lose its body. Java's
    client and `curl --http2` ask to upgrade to h2c with every request over plain HTTP.
    """
    if not _UPGRADE.search(data):
        return data
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(_RENAMED, head) + end + rest


def _answer(fault: _Refused, headers: dict[bytes, bytes]) -> bytes:
    error = CallboxError(Code.INVALID_REQUEST, fault.message)
    refusals.labels(str(error.code)).inc()
    request_id = sane_request_id(headers.get(REQUEST_ID_KEY.encode(), b"").decode("latin-1"))
    body = json.dumps(error.body(request_id)).encode()
    head = (
        f"HTTP/1.1 {fault.status} {http.HTTPStatus(fault.status).phrase}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"{REQUEST_ID_KEY}: {request_id}\r\nconnection: close\r\n\r\n"
    )
    _log.info("refused before the application", request_id=request_id, status=fault.status, reason=fault.message)
    return head.encode() + body
