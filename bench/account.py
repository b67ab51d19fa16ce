"""Makes characters in the demo account of a stack that is measured."""

import json
from typing import Any

import httpx

from measure.stack import MeasureError, Running

_REQUEST_SECONDS = 10.0


async def make_character(running: Running, slug: str, **fields: Any) -> None:
    """Makes a character. fields: of its definition. Raises: MeasureError."""
    demo = json.loads((running.folder / "demo.json").read_text())
    async with httpx.AsyncClient(base_url=running.target.base_url, timeout=_REQUEST_SECONDS) as client:
        login = {"email": demo["email"], "password": demo["password"]}
        try:
            tokens = (await client.post("/api/auth/login/", json=login)).raise_for_status().json()
            headers = {"Authorization": f"Bearer {tokens['access']}"}
            body = {"slug": slug, "name": slug, **fields}
            made = await client.post("/api/ai-characters/", json=body, headers=headers)
        except httpx.HTTPError as fault:
            raise MeasureError(f"The character {slug} could not be made: {fault}") from None
    if not made.is_success:
        raise MeasureError(f"The character {slug} was refused: {made.text}")
