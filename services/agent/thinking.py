"""The language model: any OpenAI-compatible endpoint."""

import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx2
import openai
from livekit.plugins.openai import LLM

_MAX_REPLY_TOKENS = 160
_TEMPERATURE = 0.2
_TIMEOUT = httpx2.Timeout(connect=3.0, read=10.0, write=3.0, pool=3.0)
_NO_KEY = "none-needed"
_OPENAI_URL = "https://api.openai.com/v1"

# Made when the module is imported, which the worker does once for all job processes: reading the authorities takes up to 0.7 s.
_TLS = ssl.create_default_context()


@contextlib.asynccontextmanager
async def language_model(url: str, model: str, key: str) -> AsyncIterator[LLM]:
    """A client of one endpoint for one call. url: with its /v1; empty for OpenAI's own. key: may be empty."""
    async with httpx2.AsyncClient(verify=_TLS, timeout=_TIMEOUT, trust_env=False) as http:
        client = openai.AsyncClient(
            base_url=url or _OPENAI_URL, api_key=key or _NO_KEY, max_retries=0, http_client=http
        )
        yield LLM(model=model, client=client, max_completion_tokens=_MAX_REPLY_TOKENS, temperature=_TEMPERATURE)


def is_own(url: str) -> bool:
    """Whether an endpoint is on the operator's own machines, by its address or its name without dots."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return bool(host) and "." not in host
