"""Someone else in the room of a call."""

from dataclasses import replace

import jwt

from caller.session import Grant
from deploy.local.secret import Secrets
from tests.fixtures.stack import StackThread


def strangers(grant: Grant, callbox: StackThread) -> Grant:
    """The grant with a token for the same room and another participant."""
    key, _, secret = Secrets(callbox.stack.folder).livekit_keys_file.read_text().partition(":")
    claims = jwt.decode(grant.token, options={"verify_signature": False})
    token = jwt.encode({**claims, "iss": key.strip(), "sub": "stranger"}, secret.strip(), "HS256")
    return replace(grant, token=token)
