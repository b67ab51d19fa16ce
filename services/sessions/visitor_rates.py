"""Rate limits of what visitors do: session starts and form answers."""

from limits import parse
from prometheus_client import Counter

from services.kit.rate_limits import Rates, counted, counted_address


class VisitorRates:
    """Counts one kind of request by address and by character.

    While Redis does not answer, nothing is counted and every request is accepted: one too many is better than one lost.
    """

    def __init__(
        self, redis_url: str, prefix: str, noun: str, by_address: str, by_character: str, uncounted: Counter
    ) -> None:
        """prefix: of the keys in Redis. noun: plural, for the error. uncounted: counts requests that Redis did not."""
        self._rates = Rates(redis_url, prefix, noun, uncounted)
        self._by_address, self._by_character = parse(by_address), parse(by_character)

    async def close(self) -> None:
        """Closes the connections."""
        await self._rates.close()

    async def count(self, character: str, address: str) -> None:
        """Counts a request of a visitor.

        character: its slug or its id. address: empty when it is unknown; then only the character is counted.
        Raises: CallboxError `rate_limited`.
        """
        by_character = counted(self._by_character, "character", character)
        if not address:
            await self._rates.count(by_character)
            return
        whose = f"{character} {counted_address(address)}"
        await self._rates.count(counted(self._by_address, "address", whose), by_character)
