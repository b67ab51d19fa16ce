"""HTTP to a language model: any OpenAI-compatible endpoint."""

import contextlib
import functools
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

import httpx2
import openai

from services.agent.fallback_models import Fallback
from services.agent.thinking.fallback import FallbackTransport
from services.agent.thinking.turnstile import Turnstile

_TIMEOUT = httpx2.Timeout(connect=3.0, read=10.0, write=3.0, pool=3.0)
_LIMITS = httpx2.Limits(max_connections=8, keepalive_expiry=60.0)
# No connection is kept for a local server: llama.cpp may close a kept one just when the next question is sent, and a
# new one costs nothing there.
_OWN_LIMITS = httpx2.Limits(max_connections=8, max_keepalive_connections=0)
# Events are read on their way, so they must not be compressed.
_PLAIN = {"accept-encoding": "identity"}
_NO_KEY = "none-needed"
_OPENAI_URL = "https://api.openai.com/v1"


@functools.cache
def read_certificates() -> ssl.SSLContext:
    """The TLS context of all clients. Reading the root certificates takes up to 0.7 s, the first time."""
    return ssl.create_default_context()


@contextlib.asynccontextmanager
async def open_client(url: str, key: str, fallbacks: Sequence[Fallback] = ()) -> AsyncIterator[openai.AsyncClient]:
    """A client of one endpoint. url: with its /v1; empty for OpenAI's own. key: may be empty.

    fallbacks: asked in this order when the endpoint fails or an answer breaks off.
    """
    transport = FallbackTransport(_transport(url), [(fallback, _transport(fallback.url)) for fallback in fallbacks])
    async with httpx2.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False, headers=_PLAIN) as http:
        yield openai.AsyncClient(base_url=url or _OPENAI_URL, api_key=key or _NO_KEY, max_retries=0, http_client=http)


def _transport(url: str) -> httpx2.AsyncBaseTransport:
    own = is_own(url)
    transport: httpx2.AsyncBaseTransport = httpx2.AsyncHTTPTransport(
        verify=read_certificates(), limits=_OWN_LIMITS if own else _LIMITS, trust_env=False
    )
    return Turnstile(transport) if own else transport


def is_own(url: str) -> bool:
    """Whether an endpoint is on the operator's own machines, by its address or its name without dots."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return bool(host) and "." not in host
