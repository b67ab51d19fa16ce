import pytest

from services.accounts.client_address import address_of_peer


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("ipv4:10.0.0.7:50123", "10.0.0.7"),
        ("ipv6:%5B::1%5D:50123", "::1"),
        ("ipv6:[2001:db8::9]:50123", "2001:db8::9"),
        ("unix:", ""),
    ],
)
def test_the_address_in_a_peer(peer: str, expected: str) -> None:
    assert address_of_peer(peer) == expected
