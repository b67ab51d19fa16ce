"""The estimated cost of a call: prices by model or provider, times usage. Pure.

Money is counted in billionths of a US dollar, so that sums of many small amounts stay exact.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from callbox.sessions.v1 import sessions_pb2 as pb
from pydantic import BaseModel, ConfigDict, Field

# Far above any real price, and low enough that the cost of a call fits in 64 bits.
_MOST_USD = 100_000
Usd = Annotated[Decimal, Field(ge=0, le=_MOST_USD)]


class Price(BaseModel):
    """US dollars for the use of one model or provider; a part that is left out costs nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    llm_input_million_tokens: Usd = Decimal(0)
    llm_output_million_tokens: Usd = Decimal(0)
    stt_hour: Usd = Decimal(0)
    tts_million_characters: Usd = Decimal(0)


Prices = Mapping[str, Price]
_NOTHING = Price()


def cost_nano_usd(used: pb.Usage, prices: Prices) -> int:
    """The cost of a usage, by the names in it: the language model, the STT provider and the TTS provider."""
    llm = prices.get(used.llm_model, _NOTHING)
    stt = prices.get(used.stt_provider, _NOTHING)
    tts = prices.get(used.tts_provider, _NOTHING)
    millionths = (
        used.llm_input_tokens * llm.llm_input_million_tokens
        + used.llm_output_tokens * llm.llm_output_million_tokens
        + used.tts_characters * tts.tts_million_characters
    )
    return int(millionths * 1_000 + Decimal(used.stt_audio_seconds) / 3_600 * stt.stt_hour * 10**9)
