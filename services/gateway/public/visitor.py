"""Anonymous visitors: the gateway vouches for the `Origin` their browser sent, and for nothing else."""

import time
from collections import OrderedDict

from services.kit.errors import CallboxError, Code
from services.kit.identity import IDENTITY_TTL_SECONDS, Identity, Kind, Signer

# A host name has at most 253 characters.
_MAX_ORIGIN_CHARACTERS = 300
_MAX_TOKENS = 4_096
_OPAQUE = "null"


class Visitors:
    """Signs identity tokens of visitors. anywhere: a visitor without an origin passes too (debug)."""

    def __init__(self, signer: Signer, *, anywhere: bool = False) -> None:
        self._signer = signer
        self._anywhere = anywhere
        # Origin → (token, when it is signed anew); what vouches for an origin vouches for all its visitors.
        self._tokens: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def token(self, origin: str | None) -> str:
        """An identity token for a visitor of a page of `origin`.

        Raises: CallboxError `origin_not_allowed` when there is no origin to vouch for.
        """
        if not origin and self._anywhere:
            return self._signer.sign(Identity(Kind.VISITOR))
        if not origin or origin == _OPAQUE or len(origin) > _MAX_ORIGIN_CHARACTERS:
            raise origin_not_allowed()
        token, renew_at = self._tokens.get(origin, ("", 0.0))
        if time.monotonic() >= renew_at:
            token = self._signer.sign(Identity(Kind.VISITOR, origin=origin))
            self._tokens[origin] = token, time.monotonic() + IDENTITY_TTL_SECONDS / 2
            self._tokens.move_to_end(origin)
            if len(self._tokens) > _MAX_TOKENS:
                self._tokens.popitem(last=False)
        return token


def origin_not_allowed() -> CallboxError:
    """The refusal of a page that nobody listed."""
    return CallboxError(
        Code.ORIGIN_NOT_ALLOWED,
        "This character is open only to pages whose origin is in its allowed_origins, and to a credential of "
        "its owner; add the origin or send X-API-Key.",
    )
