"""Whose word is taken for where a request comes from."""

import pytest

from services.gateway.requests.client_address import client_address, networks
from services.gateway.settings import GatewaySettings
from services.kit.settings import SettingsError

PROXIES = networks("10.0.0.0/8, 192.0.2.1,fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        # A stranger's word is not taken.
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.7", [], "10.0.0.7"),
        ("10.0.0.7", ["198.51.100.1"], "198.51.100.1"),
        # What stands before the first address that is not a proxy is anybody's invention.
        ("10.0.0.7", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.7", ["6.6.6.6, 198.51.100.1, 192.0.2.1"], "198.51.100.1"),
        ("10.0.0.7", ["6.6.6.6", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.7", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        ("::ffff:10.0.0.7", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::7", ["2001:db8::9"], "2001:db8::9"),
        ("10.0.0.7", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.7", ["[2001:db8::9]:4711"], "2001:db8::9"),
        # What is no address ends the walk.
        ("10.0.0.7", ["unknown"], "10.0.0.7"),
        ("10.0.0.7", ["198.51.100.1, unknown"], "10.0.0.7"),
        ("10.0.0.7", ["198.51.100.1, "], "10.0.0.7"),
        ("10.0.0.7", [""], "10.0.0.7"),
        ("", ["198.51.100.1"], ""),
        ("testclient", ["198.51.100.1"], "testclient"),
        ("10.0.0.7", [", ".join(["198.51.100.1"] + ["10.0.0.1"] * 50)], "10.0.0.1"),
    ],
)
def test_who_the_client_is(peer: str, forwarded: list[str], expected: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == expected


def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    assert client_address("127.0.0.1", ["198.51.100.1"], networks("")) == "127.0.0.1"


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.0/99", "10.0.0.1/8"])
def test_what_is_no_network_is_refused_at_the_start(text: str) -> None:
    environ = {f"CALLBOX_{name}_ADDRESS": "127.0.0.1:1" for name in ("ACCOUNTS", "CHARACTERS", "SESSIONS")}
    with pytest.raises(SettingsError, match="CALLBOX_TRUSTED_PROXIES"):
        GatewaySettings.load(environ | {"CALLBOX_TRUSTED_PROXIES": text})
