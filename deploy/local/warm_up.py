"""Lets the local language model read the demo character's prompt before the first call.

Reading it takes 0.5 s of a free core, and seconds beside the other parts that have just started. The model keeps what
it has read, so the first caller gets an answer as soon as the later ones.
"""

import httpx

from deploy.local.settings import LocalSettings

# A longer reading goes on by itself, and the stack is ready meanwhile.
_SECONDS = 10.0


async def warm_up(settings: LocalSettings, key: str, prompt: str, greeting: str) -> str:
    """Asks the local language model for one token. key: its API key. Returns why that failed; empty if it did not."""
    messages = [("system", prompt), ("assistant", greeting), ("user", "Hello")]
    body = {
        "model": settings.effective_llm_model,
        "messages": [{"role": role, "content": content} for role, content in messages],
        "max_tokens": 1,
    }
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
            headers = {"Authorization": f"Bearer {key}"}
            answer = await client.post(f"{settings.effective_llm_url}/chat/completions", json=body, headers=headers)
            answer.raise_for_status()
    except httpx.HTTPError as fault:
        return repr(fault)
    return ""
