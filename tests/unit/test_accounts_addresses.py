import pytest

from services.accounts.addresses import counted, of_peer


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
    assert counted(address) == expected


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
    assert of_peer(peer) == expected
