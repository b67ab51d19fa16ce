"""Asks the next language model when one refuses or cannot be reached."""

import asyncio
import json
import math
from collections.abc import Sequence

import httpx2
import structlog

from services.agent.fallback_models import Fallback

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
        """The request as this model needs it."""
        if (fallback := self._fallback) is None:
            return request
        path = request.url.path.rpartition("/v1")[2]
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN_HEADERS}
        if fallback.key:
            headers["authorization"] = f"Bearer {fallback.key}"
        content = json.dumps({**json.loads(body), "model": fallback.model})
        url = f"{fallback.url}{path}"
        return httpx2.Request(request.method, url, headers=headers, content=content, extensions=request.extensions)


class FallbackTransport(httpx2.AsyncBaseTransport):
    """Sends a request to the first model that answers it.

    The next one is asked when a model cannot be reached, does not answer in time, or answers 401, 403, 404, 408, 429
    or 5xx. A model that asked for a pause with `Retry-After` is not asked again before, also without fallbacks. An
    answer that has begun is not asked for again.
    """

    def __init__(
        self, first: httpx2.AsyncBaseTransport, fallbacks: Sequence[tuple[Fallback, httpx2.AsyncBaseTransport]] = ()
    ) -> None:
        self._endpoints = [_Endpoint(first, None), *(_Endpoint(transport, model) for model, transport in fallbacks)]

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Returns the first answer that is no refusal, else the last refusal. Raises: httpx2.TransportError."""
        now = asyncio.get_running_loop().time()
        open_now = [endpoint for endpoint in self._endpoints if endpoint.closed_until <= now]
        if not open_now:
            raise httpx2.ConnectError("every language model asked for a pause", request=request)
        body = await request.aread()
        order = sorted(open_now, key=lambda endpoint: endpoint.rests_until > now)
        for endpoint in order[:-1]:
            try:
                response = await self._ask(endpoint, request, body)
            except httpx2.TransportError as fault:
                _log.warning("the next language model is asked", fault=repr(fault))
                continue
            if not _is_refusal(response):
                return response
            _log.warning("the next language model is asked", status=response.status_code)
            await response.aclose()
        return await self._ask(order[-1], request, body)

    async def _ask(self, endpoint: _Endpoint, request: httpx2.Request, body: bytes) -> httpx2.Response:
        loop = asyncio.get_running_loop()
        try:
            response = await endpoint.transport.handle_async_request(endpoint.own(request, body))
        except httpx2.TransportError:
            endpoint.rests_until = loop.time() + _REST_SECONDS
            raise
        if _is_refusal(response):
            endpoint.rests_until = loop.time() + _REST_SECONDS
            endpoint.closed_until = loop.time() + _retry_after(response)
        return response

    async def aclose(self) -> None:
        """Closes the connections to all models."""
        for endpoint in self._endpoints:
            await endpoint.transport.aclose()


def _is_refusal(response: httpx2.Response) -> bool:
    return response.status_code in _OWN_FAULTS or response.status_code >= 500


def _retry_after(response: httpx2.Response) -> float:
    """Seconds of `Retry-After`; 0 without one, and for a date, which no known model server sends."""
    try:
        seconds = float(response.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
    return min(seconds, _MAX_RETRY_AFTER_SECONDS) if math.isfinite(seconds) and seconds > 0 else 0.0
