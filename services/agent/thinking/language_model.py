"""The client of the language model: any OpenAI-compatible endpoint."""

import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx2
import openai
from livekit.agents import llm
from livekit.plugins.openai import LLM

from services.agent.thinking.late_markers import LateMarkers
from services.agent.thinking.turnstile import Turnstile

MAX_REPLY_TOKENS = 160
_TEMPERATURE = 0.2
_TIMEOUT = httpx2.Timeout(connect=3.0, read=10.0, write=3.0, pool=3.0)
_LIMITS = httpx2.Limits(max_connections=8, keepalive_expiry=60.0)
# No connection is kept for a local server: llama.cpp may close a kept one just when the next question is sent, and a
# new one costs nothing there.
_OWN_LIMITS = httpx2.Limits(max_connections=8, max_keepalive_connections=0)
_NO_KEY = "none-needed"
_OPENAI_URL = "https://api.openai.com/v1"

# Created at import, which the worker does once for all job processes: reading the root certificates takes up to 0.7 s.
_TLS = ssl.create_default_context()


AnyModel: TypeAlias = llm.LLM[Any]


@dataclass(frozen=True)
class Model:
    """A language model for one call.

    reader: the same model for reading ahead, so that its faults and its tokens are not those of a turn. It limits no
    answer: each request does. own: it runs on the operator's own machines. late_markers: what is known of the model's
    reasoning.
    """

    llm: AnyModel
    reader: AnyModel
    own: bool
    late_markers: LateMarkers = field(default_factory=LateMarkers)


@contextlib.asynccontextmanager
async def language_model(
    url: str, model: str, key: str, late_markers: LateMarkers | None = None
) -> AsyncIterator[Model]:
    """A client of one endpoint for one call. url: with its /v1; empty for OpenAI's own. key: may be empty."""
    own = is_own(url)
    limits = _OWN_LIMITS if own else _LIMITS
    transport: httpx2.AsyncBaseTransport = httpx2.AsyncHTTPTransport(verify=_TLS, limits=limits, trust_env=False)
    if own:
        transport = Turnstile(transport)
    async with httpx2.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False) as http:
        client = openai.AsyncClient(
            base_url=url or _OPENAI_URL, api_key=key or _NO_KEY, max_retries=0, http_client=http
        )
        # A limit of the client would replace that of a request.
        reader = LLM(model=model, client=client, temperature=_TEMPERATURE)
        answers = LLM(model=model, client=client, max_completion_tokens=MAX_REPLY_TOKENS, temperature=_TEMPERATURE)
        yield Model(answers, reader, own, late_markers or LateMarkers())


def is_own(url: str) -> bool:
    """Whether an endpoint is on the operator's own machines, by its address or its name without dots."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return bool(host) and "." not in host
