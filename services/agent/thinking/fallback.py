"""Asks the next language model when one refuses, breaks off or cannot be reached."""

import asyncio
import json
import math
from collections.abc import Sequence

import httpx2
import structlog

from services.agent.fallback_models import Fallback
from services.agent.thinking.whole_answer import WholeAnswer

_OWN_FAULTS = {401, 403, 404, 408, 429}
# How long a model that failed is asked only if all others failed too.
_REST_SECONDS = 10.0
# Longest `Retry-After` that is kept, so that a wrong header does not switch a model off for the whole call.
_MAX_RETRY_AFTER_SECONDS = 600.0
# Headers that belong to one request to one endpoint.
_OWN_HEADERS = {"host", "content-length", "authorization"}
_log = structlog.get_logger(__name__)


class _Endpoint:
    """One model. rests_until: when it is asked again before others. closed_until: when it may be asked at all."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, fallback: Fallback | None) -> None:
        self.transport = transport
        self.rests_until = self.closed_until = 0.0
        self._fallback = fallback

    def own(self, request: httpx2.Request, body: bytes) -> httpx2.Request:
        """The request as this model needs it. body: of the request, or another one in its place."""
        fallback = self._fallback
        if fallback is None and body == request.content:
            return request
        own_headers = _OWN_HEADERS if fallback is not None else {"content-length"}
        headers = {name: value for name, value in request.headers.items() if name.lower() not in own_headers}
        url = str(request.url)
        if fallback is not None:
            url = f"{fallback.url}{request.url.path.rpartition('/v1')[2]}"
            body = json.dumps({**json.loads(body), "model": fallback.model}).encode()
            if fallback.key:
                headers["authorization"] = f"Bearer {fallback.key}"
        return httpx2.Request(request.method, url, headers=headers, content=body, extensions=request.extensions)

    def rest(self) -> None:
        """The model failed: the others are asked before it for a while."""
        self.rests_until = asyncio.get_running_loop().time() + _REST_SECONDS


class FallbackTransport(httpx2.AsyncBaseTransport):
    """Sends a request to the first model that answers it.

    The next one is asked when a model cannot be reached, does not answer in time, answers 401, 403, 404, 408, 429 or
    5xx, filters the question out, or breaks off: see `WholeAnswer`. A model that asked for a pause with `Retry-After`
    is not asked again before, also without fallbacks.
    """

    def __init__(
        self, first: httpx2.AsyncBaseTransport, fallbacks: Sequence[tuple[Fallback, httpx2.AsyncBaseTransport]] = ()
    ) -> None:
        self._endpoints = [_Endpoint(first, None), *(_Endpoint(transport, model) for model, transport in fallbacks)]

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Returns the first answer that is no refusal, else the last refusal. Raises: httpx2.TransportError."""
        body = await request.aread()
        asked: list[_Endpoint] = []
        response = await self.first_answer(request, body, asked)
        if not _is_streamed(response):
            return response

        stream = WholeAnswer(response, body, _Others(self, request, asked))
        return httpx2.Response(
            response.status_code, headers=response.headers, stream=stream, extensions=response.extensions
        )

    def open_now(self, asked: Sequence[_Endpoint]) -> list[_Endpoint]:
        """The models that can be asked besides those that were, the best first."""
        now = asyncio.get_running_loop().time()
        open_now = [each for each in self._endpoints if each.closed_until <= now and each not in asked]
        return sorted(open_now, key=lambda endpoint: endpoint.rests_until > now)

    async def first_answer(self, request: httpx2.Request, body: bytes, asked: list[_Endpoint]) -> httpx2.Response:
        """Returns the first answer that is no refusal, else the last refusal. Raises: httpx2.TransportError.

        asked: the models that are passed over; those that are asked are added.
        """
        order = self.open_now(asked)
        if not order:
            raise httpx2.ConnectError("every language model asked for a pause", request=request)
        for endpoint in order[:-1]:
            asked.append(endpoint)
            try:
                response = await self._ask(endpoint, request, body)
            except httpx2.TransportError as fault:
                _log.warning("the next language model is asked", fault=repr(fault))
                continue
            if not _is_refusal(response) and not await _is_filtered(response):
                return response
            _log.warning("the next language model is asked", status=response.status_code)
            await response.aclose()
        asked.append(order[-1])
        return await self._ask(order[-1], request, body)

    async def _ask(self, endpoint: _Endpoint, request: httpx2.Request, body: bytes) -> httpx2.Response:
        try:
            response = await endpoint.transport.handle_async_request(endpoint.own(request, body))
        except httpx2.TransportError:
            endpoint.rest()
            raise
        if _is_refusal(response):
            endpoint.rest()
            endpoint.closed_until = asyncio.get_running_loop().time() + _retry_after(response)
        return response

    async def aclose(self) -> None:
        """Closes the connections to all models."""
        for endpoint in self._endpoints:
            await endpoint.transport.aclose()


class _Others:
    """The models besides the one that answers a request, which is the last of those that were asked."""

    def __init__(self, transport: FallbackTransport, request: httpx2.Request, asked: list[_Endpoint]) -> None:
        self._transport = transport
        self._request = request
        self._asked = asked

    def any(self) -> bool:
        """Whether there is one that was not asked for this answer yet."""
        return bool(self._transport.open_now(self._asked))

    async def ask(self, body: bytes) -> httpx2.Response | None:
        """The events of the next one that answers; None if none does."""
        try:
            response = await self._transport.first_answer(self._request, body, self._asked)
        except httpx2.TransportError:
            return None
        if _is_streamed(response):
            return response
        await response.aclose()
        return None

    def answering_failed(self) -> None:
        """Has the others asked before the one that answers, for a while."""
        self._asked[-1].rest()


def _is_refusal(response: httpx2.Response) -> bool:
    return response.status_code in _OWN_FAULTS or response.status_code >= 500


async def _is_filtered(response: httpx2.Response) -> bool:
    """Whether the provider's filter refused the question, which Azure tells with 400. Its model did not fail."""
    if response.status_code != 400:
        return False
    try:
        error = json.loads(await response.aread())["error"]
        return bool(error["code"] == "content_filter")
    except (ValueError, LookupError, TypeError):
        return False


def _is_streamed(response: httpx2.Response) -> bool:
    """Whether a response is a stream of events that can be read here."""
    kind = response.headers.get("content-type", "")
    return response.status_code == 200 and kind.startswith("text/event-stream") and not _is_packed(response)


def _is_packed(response: httpx2.Response) -> bool:
    return response.headers.get("content-encoding", "identity") != "identity"


def _retry_after(response: httpx2.Response) -> float:
    """Seconds of `Retry-After`; 0 without one, and for a date, which no known model server sends."""
    try:
        seconds = float(response.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
    return min(seconds, _MAX_RETRY_AFTER_SECONDS) if math.isfinite(seconds) and seconds > 0 else 0.0
