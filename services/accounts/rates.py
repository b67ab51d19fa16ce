"""How often one address, and one account, may try to sign in, sign up or refresh."""

from dataclasses import dataclass

from limits import parse
from prometheus_client import Counter

from services.kit import rate_limits
from services.kit.rate_limits import Counted, counted

_PREFIX = "callbox:rates"
_uncounted = Counter("callbox_uncounted_attempts_total", "Sign-in attempts let through uncounted: Redis was away.")


@dataclass(frozen=True)
class Limits:
    """Rates as text, `10 per 5 minutes`."""

    log_in_by_address: str
    log_in_by_account: str
    sign_up_by_address: str
    sign_up_by_account: str
    refresh_by_address: str
    google_by_address: str


class Rates:
    """Counts attempts.

    While Redis is away nothing is counted and everybody passes: a lost cache must not lock people out, and hashing
    passwords in two threads bounds the guesses.
    """

    def __init__(self, redis_url: str, limits: Limits) -> None:
        self._rates = rate_limits.Rates(redis_url, _PREFIX, "attempts", _uncounted)
        self._limits = {name: parse(text) for name, text in vars(limits).items()}

    async def close(self) -> None:
        """Closes the connections."""
        await self._rates.close()

    async def log_in(self, address: str, account: str) -> None:
        """Counts an attempt to prove a password, right or wrong.

        Raises: CallboxError `rate_limited`, alike whether or not the account exists.
        """
        await self._rates.count(self._of("log_in_by_address", address), self._of("log_in_by_account", account))

    async def logged_in(self, account: str) -> None:
        """Forgets the attempts on an account: the password was right."""
        await self._rates.forget(self._of("log_in_by_account", account))

    async def sign_up(self, address: str, account: str) -> None:
        """Counts a sign-up.

        Raises: CallboxError `rate_limited`.
        """
        await self._rates.count(self._of("sign_up_by_address", address), self._of("sign_up_by_account", account))

    async def refresh(self, address: str) -> None:
        """Counts a refresh.

        Raises: CallboxError `rate_limited`.
        """
        await self._rates.count(self._of("refresh_by_address", address))

    async def google(self, address: str) -> None:
        """Counts somebody who comes back from Google.

        Raises: CallboxError `rate_limited`.
        """
        await self._rates.count(self._of("google_by_address", address))

    def _of(self, name: str, whose: str) -> Counted:
        return counted(self._limits[name], name, whose)
