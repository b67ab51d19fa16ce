"""Rate limits of form answers from visitors."""

from limits import parse

from services.kit.rate_limits import Rates, counted, counted_address
from services.sessions.metrics import uncounted_answers

_PREFIX = "callbox:form-rates"


class FormRates:
    """Counts answers.

    While Redis does not answer, nothing is counted and every answer is accepted: one too many is better than one lost.
    """

    def __init__(self, redis_url: str, by_address: str, by_character: str) -> None:
        self._rates = Rates(redis_url, _PREFIX, "answers", uncounted_answers)
        self._by_address, self._by_character = parse(by_address), parse(by_character)

    async def close(self) -> None:
        """Closes the connections."""
        await self._rates.close()

    async def count(self, character_id: str, address: str) -> None:
        """Counts an answer of a visitor. address: empty when it is unknown; then only the character is counted.

        Raises: CallboxError `rate_limited`.
        """
        by_character = counted(self._by_character, "character", character_id)
        if not address:
            await self._rates.count(by_character)
            return
        whose = f"{character_id} {counted_address(address)}"
        await self._rates.count(counted(self._by_address, "address", whose), by_character)
