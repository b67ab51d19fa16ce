"""Addresses and rates as limits count them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from services.kit.rate_limits import Rate, counted_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        ("", "unknown"),
        ("localhost", "unknown"),
        ("203.0.113.9:4711", "unknown"),
    ],
)
def test_what_an_address_is_counted_as(address: str, expected: str) -> None:
    assert counted_address(address) == expected


def test_what_is_a_rate() -> None:
    rates = TypeAdapter(Rate)
    assert rates.validate_python("10 per 5 minutes") == "10 per 5 minutes"
    for text in ("", "ten", "10", "10 per fortnight", "-1 per 1 minute"):
        with pytest.raises(ValidationError, match="must be a rate"):
            rates.validate_python(text)
