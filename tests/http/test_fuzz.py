"""Contract 14.1: whatever is asked, by whomever, the answer is one that the OpenAPI document describes, and no fault.

`make fuzz-http N=100000` tries many more, from another seed each time (CALLBOX_FUZZ_SEED repeats one).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.sessions import ORIGIN

if TYPE_CHECKING:
    from tests.http.site import Site

_CASES = 500
_MANY = "CALLBOX_FUZZ_CASES" in os.environ
_SECONDS = 0 if _MANY else 120


# The services' own loop runs in another thread and draws its random pauses while Hypothesis draws.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@pytest.mark.timeout(_SECONDS)
async def test_made_up_requests(site: Site) -> None:
    """Slow: five hundred requests, each answer held against the document, and many more with `make fuzz-http`."""
    # Imported here, since it brings schemathesis, for which the other processes of the test run should not wait.
    from tests.http.fuzz import Fuzz

    cases = int(os.environ["CALLBOX_FUZZ_CASES"]) if _MANY else _CASES
    seed = int(os.environ.get("CALLBOX_FUZZ_SEED") or secrets.randbits(32)) if _MANY else 1
    made = await site.owner.post(
        "/api/ai-characters/", json={"slug": "fuzzed", "name": "x", "allowed_origins": [ORIGIN]}
    )
    assert made.status_code == 201, made.text
    hook = {"url": "https://hooks.invalid/callbox"}
    webhook = (await site.owner.post("/api/webhooks/", json=hook)).json()["id"]
    spare = (await site.owner.post("/api/auth/api-keys/", json={"name": "Spare"})).json()["id"]
    began = time.monotonic()
    async with site.house.worker(slots=3):
        started = (await site.start()).json()["session_id"]
        fuzz = Fuzz(
            site.base_url,
            credentials={
                "token": {"Authorization": f"Bearer {site.access}"},
                "key": {"X-API-Key": site.key},
                "page": {"Origin": ORIGIN},
                "nobody": {},
                "stranger": {"Authorization": "Bearer made.up.token"},
            },
            identities={
                "number": ["1"],
                "webhook_id": [webhook],
                "/api/ai-characters/": ["fuzzed", made.json()["id"]],
                "/api/agents/sessions/": [started],
                "/api/billing/sessions/": [started],
                "/api/auth/api-keys/": [spare],
                "/api/knowledge-base/": ["fuzzed"],
                "/api/agents/": ["support-bot"],
            },
            seed=seed,
        )
        await asyncio.to_thread(fuzz.run, cases)
    seconds = time.monotonic() - began
    totals = ", ".join(f"{status}: {number}" for status, number in sorted(fuzz.statuses.items()))
    print(f"\nfuzz: {fuzz.total} requests in {seconds:.0f} s (seed {seed}); {dict(fuzz.tried)}; answers {totals}; "
          f"{fuzz.full} found no free agent; {len(fuzz.faults)} kinds of faults")  # fmt: skip
    assert not fuzz.faults, "\n\n".join(f"{what}\n{how}" for what, how in list(fuzz.faults.items())[:30])
    assert fuzz.total >= cases
    for client in (site.owner, site.keyed):
        assert (await client.get("/api/ai-characters/")).status_code == 200, "nobody was signed in any more"
    assert {200, 201, 204, 401, 404, 405, 422} <= set(fuzz.statuses)
