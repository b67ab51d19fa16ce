"""Secrets and signatures of Standard Webhooks. Pure, except that new secrets are random."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers(message_id: str, body: str, when: datetime, keys: Sequence[str]) -> dict[str, str]:
    """The headers that identify and sign one attempt. Each key gives one signature; spaces separate them."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(message_id, when, body) for key in keys),
    }
