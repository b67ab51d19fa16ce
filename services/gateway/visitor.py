"""Anonymous visitors: the gateway vouches for the `Origin` their browser sent, and for nothing else."""

from services.kit.errors import CallboxError, Code
from services.kit.identity import Identity, Kind, Signer

# A host name has at most 253 characters.
_MAX_ORIGIN_CHARACTERS = 300
_OPAQUE = "null"


class Visitors:
    """Signs identity tokens of visitors. anywhere: a visitor without an origin passes too (debug)."""

    def __init__(self, signer: Signer, *, anywhere: bool = False) -> None:
        self._signer = signer
        self._anywhere = anywhere

    def token(self, origin: str | None) -> str:
        """An identity token for a visitor of a page of `origin`.

        Raises: CallboxError `origin_not_allowed` when there is no origin to vouch for.
        """
        if not origin and self._anywhere:
            return self._signer.sign(Identity(Kind.VISITOR))
        if not origin or origin == _OPAQUE or len(origin) > _MAX_ORIGIN_CHARACTERS:
            raise origin_not_allowed()
        return self._signer.sign(Identity(Kind.VISITOR, origin=origin))


def origin_not_allowed() -> CallboxError:
    """The refusal of a page that nobody listed."""
    return CallboxError(
        Code.ORIGIN_NOT_ALLOWED,
        "This character takes calls only from pages whose origin is in its allowed_origins, or with a credential of "
        "its owner; add the origin or send X-API-Key.",
    )
