"""Rate limits of sign-in, sign-up and refresh, by address and by account."""

from dataclasses import dataclass

from limits import parse
from prometheus_client import Counter

from services.kit import rate_limits
from services.kit.rate_limits import Counted, counted

_PREFIX = "callbox:rates"
_uncounted = Counter(
    "callbox_uncounted_attempts_total", "Sign-in attempts accepted without a rate limit because Redis did not answer."
)


@dataclass(frozen=True)
class Limits:
    """Rates as text, such as `10 per 5 minutes`."""

    log_in_by_address: str
    log_in_by_account: str
    sign_up_by_address: str
    sign_up_by_account: str
    refresh_by_address: str
    google_by_address: str


class Rates:
    """Counts attempts.

    While Redis does not answer, nothing is counted and every attempt is accepted, so that nobody is locked out.
    Passwords are hashed in two threads, which still bounds the number of guesses.
    """

    def __init__(self, redis_url: str, limits: Limits) -> None:
        self._rates = rate_limits.Rates(redis_url, _PREFIX, "attempts", _uncounted)
        self._limits = {name: parse(text) for name, text in vars(limits).items()}

    async def close(self) -> None:
        """Closes the connections."""
        await self._rates.close()

    async def log_in(self, address: str, account: str) -> None:
        """Counts a check of a password, right or wrong.

        Raises: CallboxError `rate_limited`, the same whether or not the account exists.
        """
        await self._rates.count(self._of("log_in_by_address", address), self._of("log_in_by_account", account))

    async def logged_in(self, account: str) -> None:
        """Resets the count of an account after a right password."""
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
        """Counts a return from Google.

        Raises: CallboxError `rate_limited`.
        """
        await self._rates.count(self._of("google_by_address", address))

    def _of(self, name: str, whose: str) -> Counted:
        return counted(self._limits[name], name, whose)
