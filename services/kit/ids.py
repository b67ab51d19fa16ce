"""Random ids."""

import secrets

_RANDOM_BYTES = 18  # 24 url-safe characters, 144 bits


def new_id(prefix: str) -> str:
    """`<prefix>_` and 24 url-safe random characters."""
    return f"{prefix}_{secrets.token_urlsafe(_RANDOM_BYTES)}"
