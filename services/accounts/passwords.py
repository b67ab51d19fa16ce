"""Password hashes: Argon2id in threads. A check takes the same time whether or not a hash is stored.

A password is hashed in the Unicode form NFKC (NIST SP 800-63B): keyboards send the same letters in different forms.
"""

import asyncio
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS, MAX_CHARACTERS = 10, 1024

# Above the minimum of OWASP's Password Storage Cheat Sheet; about 50 ms on one core of 2026.
_ITERATIONS, _MEMORY_KIB, _LANES = 2, 32 * 1024, 1
HASHER = PasswordHasher(time_cost=_ITERATIONS, memory_cost=_MEMORY_KIB, parallelism=_LANES)
# Bounds the memory of hashing to this many times `_MEMORY_KIB`. A request that waits past its deadline is dropped.
_THREADS = 2


class Passwords:
    """Hashes and compares passwords in threads of its own; use it as a context."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
        self._dummy_hash = self._hasher.hash(secrets.token_urlsafe())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, normalised(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether a password matches a stored hash. With None it compares with a dummy hash, to take the same time."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._compare, stored, password[: MAX_CHARACTERS + 1])

    def _compare(self, stored: str | None, password: str) -> bool:
        # Hashes of accounts that are older than the normalisation are of the password as it was sent.
        forms = dict.fromkeys((normalised(password), password))
        return any(self._verifies(stored, form) for form in forms)

    def _verifies(self, stored: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(stored or self._dummy_hash, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def normalised(password: str) -> str:
    """The form of a password that is hashed and counted."""
    return unicodedata.normalize("NFKC", password)
