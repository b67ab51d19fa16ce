"""Refresh tokens: `<family>.<secret>`. The store keeps the family and a digest of its current secret.

A family is one sign-in. Each refresh replaces the secret, so a token with another secret was used before.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from services.kit.errors import CallboxError, Code
from services.kit.ids import new_id

LIFE = timedelta(days=30)
_MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token."""

    family: str
    secret: str

    @classmethod
    def new(cls, family: str | None = None) -> Self:
        """The next token of a family, or the first of a new one."""
        return cls(family or new_id("ref"), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a token that a client sent.

        Raises: CallboxError `not_authenticated` when it does not have the form of one.
        """
        family, dot, secret = text.partition(".")
        if not dot or not text.isascii() or not text.isprintable() or len(text) > _MAX_CHARACTERS:
            raise refused()
        return cls(family, secret)

    @property
    def digest(self) -> bytes:
        """The digest that is stored of the secret. Secrets are random, so a plain SHA-256 is enough."""
        return hashlib.sha256(self.secret.encode()).digest()

    def __str__(self) -> str:
        return f"{self.family}.{self.secret}"

    def __repr__(self) -> str:
        return f"RefreshToken(family={self.family!r})"


def refused() -> CallboxError:
    """The error for a token that is unknown, revoked or was used before."""
    return CallboxError(Code.NOT_AUTHENTICATED, "The refresh token is not valid any more; sign in again.")
