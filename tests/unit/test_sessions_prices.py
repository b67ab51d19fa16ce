"""Contract 9 and 12.3: what a call is estimated to cost."""

import pytest
from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.settings import SettingsError
from services.sessions.prices import Price, cost_nano_usd
from services.sessions.settings import SessionsSettings

BASE = {"CALLBOX_DATABASE_URL": "postgresql://x", "CALLBOX_REDIS_URL": "redis://x"}
USED = pb.Usage(
    llm_input_tokens=1_840,
    llm_output_tokens=612,
    llm_model="gpt-4o-mini",
    stt_audio_seconds=90.0,
    stt_provider="openai",
    tts_characters=1_284,
    tts_provider="chatterbox",
)


def test_what_has_no_price_costs_nothing() -> None:
    assert cost_nano_usd(USED, {}) == 0
    assert cost_nano_usd(USED, {"gpt-4o": Price(llm_input_million_tokens=5)}) == 0


def test_prices_are_by_model_and_provider() -> None:
    settings = SessionsSettings.load(
        BASE
        | {
            "CALLBOX_PRICES": '{"gpt-4o-mini": {"llm_input_million_tokens": 0.15, "llm_output_million_tokens": 0.6}, '
            '"openai": {"stt_hour": 0.36}, "chatterbox": {"tts_million_characters": 15}}'
        }
    )
    # 1,840 × 0.15 + 612 × 0.6 + 1,284 × 15 millionths, and 90 s of an hour at 0.36.
    assert cost_nano_usd(USED, settings.prices) == 276_000 + 367_200 + 19_260_000 + 9_000_000


def test_small_usages_add_up_to_the_large_one() -> None:
    price = {"gpt-4o-mini": Price(llm_input_million_tokens=0.15)}
    one = pb.Usage(llm_input_tokens=1, llm_model="gpt-4o-mini")
    many = pb.Usage(llm_input_tokens=1_000, llm_model="gpt-4o-mini")
    assert 1_000 * cost_nano_usd(one, price) == cost_nano_usd(many, price) == 150_000


@pytest.mark.parametrize(
    "given", ["0.15", "{", '{"x": {"llm": 1}}', '{"x": {"stt_hour": -1}}', '{"x": {"stt_hour": 1e9}}']
)
def test_prices_that_make_no_sense_are_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="CALLBOX_PRICES"):
        SessionsSettings.load(BASE | {"CALLBOX_PRICES": given})
