"""Identity tokens of anonymous visitors: they state the `Origin` that the browser sent, and nothing else."""

from cachetools import TTLCache

from services.kit.errors import CallboxError, Code
from services.kit.identity import IDENTITY_TTL_SECONDS, Identity, Kind, Signer

# A host name has at most 253 characters.
_MAX_ORIGIN_CHARACTERS = 300
_MAX_TOKENS = 4_096
_OPAQUE = "null"


class VisitorTokens:
    """Signs identity tokens of visitors. allow_any_origin: a visitor without an origin gets one too (debug)."""

    def __init__(self, signer: Signer, *, allow_any_origin: bool = False) -> None:
        self._signer = signer
        self._allow_any_origin = allow_any_origin
        # One token serves all visitors of an origin. A token in use has at least half of its life left.
        self._tokens: TTLCache[str, str] = TTLCache(_MAX_TOKENS, IDENTITY_TTL_SECONDS / 2)

    def token(self, origin: str | None) -> str:
        """An identity token for a visitor of a page of `origin`.

        Raises: CallboxError `origin_not_allowed` when there is no usable origin.
        """
        if not origin and self._allow_any_origin:
            return self._signer.sign(Identity(Kind.VISITOR))
        if not origin or origin == _OPAQUE or len(origin) > _MAX_ORIGIN_CHARACTERS:
            raise origin_not_allowed()
        token = self._tokens.get(origin)
        if token is None:
            token = self._tokens[origin] = self._signer.sign(Identity(Kind.VISITOR, origin=origin))
        return token


def origin_not_allowed() -> CallboxError:
    """The error for a page whose origin the character does not list."""
    return CallboxError(
        Code.ORIGIN_NOT_ALLOWED,
        "This character is open only to pages whose origin is in its allowed_origins, and to a credential of "
        "its owner; add the origin or send X-API-Key.",
    )
