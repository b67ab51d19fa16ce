"""Readiness checks over HTTP."""

import httpx

from deploy.local.part import NotReady, Probe

_SECONDS = 2.0
_BODY_CHARACTERS = 300


def http_probe(url: str) -> Probe:
    """A probe: ready if the URL answers 200."""

    async def probe() -> None:
        try:
            # Plain HTTP over loopback needs no proxy and no certificates. Loading the system's certificates for
            # each try would slow down the start of the parts.
            async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False, verify=False) as client:  # noqa: S501
                answer = await client.get(url)
        except httpx.HTTPError as fault:
            raise NotReady(f"{url}: {fault!r}") from None
        if answer.status_code != 200:
            raise NotReady(f"{url} answered {answer.status_code}: {answer.text[:_BODY_CHARACTERS].strip()}")

    return probe
