"""Refresh tokens: `<family>.<secret>`, of which the store keeps the family and a digest of the secret in force.

A family is one sign-in. Each refresh replaces the secret, so one that does not fit a living family was used before.
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
    """One refresh token in hand."""

    family: str
    secret: str

    @classmethod
    def new(cls, family: str | None = None) -> Self:
        """The next token of a family, or the first of a new one."""
        return cls(family or new_id("ref"), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> Self:
        """A token as a client sent it.

        Raises: CallboxError `not_authenticated` when it has not the form of one.
        """
        family, dot, secret = text.partition(".")
        if not dot or not text.isascii() or not text.isprintable() or len(text) > _MAX_CHARACTERS:
            raise refused()
        return cls(family, secret)

    @property
    def digest(self) -> bytes:
        """What is stored of the secret; it is random, so a plain SHA-256 hides it."""
        return hashlib.sha256(self.secret.encode()).digest()

    def __str__(self) -> str:
        return f"{self.family}.{self.secret}"

    def __repr__(self) -> str:
        return f"RefreshToken(family={self.family!r})"


def refused() -> CallboxError:
    """The answer to a token that is unknown, revoked or was used before."""
    return CallboxError(Code.NOT_AUTHENTICATED, "The refresh token is not valid any more; sign in again.")
