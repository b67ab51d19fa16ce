"""Contract 14.9 and 14.12 (private addresses): what a URL given by somebody else may look like."""

import ipaddress

import pytest

from services.kit.net.url_policy import Allowances, BadUrl, is_public, read_url, url_faults
from tests.fixtures.hostile_urls import NAMES, PRIVATE, TRICKS


@pytest.mark.parametrize("url", [*PRIVATE, *TRICKS])
def test_a_private_address_or_a_trick_is_refused_on_write(url: str) -> None:
    faults = url_faults(url.format(port=8080))
    assert len(faults) == 1
    assert faults[0].startswith("must ")


def test_the_table_is_long_and_has_no_doubles() -> None:
    rows = [*PRIVATE, *TRICKS, *NAMES]
    assert len(rows) == len(set(rows)) >= 60


@pytest.mark.parametrize("url", NAMES)
def test_a_name_is_judged_when_it_is_used(url: str) -> None:
    assert url_faults(url.format(port=8080)) == []


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://hooks.example", "https://hooks.example/"),
        ("https://hooks.example?a=1", "https://hooks.example/?a=1"),
        ("https://hooks.example/a/b?c=d&e=%20f#part", "https://hooks.example/a/b?c=d&e=%20f"),
        ("HTTPS://Hooks.Example:443/A", "https://hooks.example/A"),
        ("http://hooks.example:443/", "http://hooks.example:443/"),
        ("http://hooks.example:/", "http://hooks.example/"),
        ("http://hooks.example./", "http://hooks.example/"),
        ("https://bücher.example/ü?q=ß", "https://xn--bcher-kva.example/%C3%BC?q=%C3%9F"),
        ("https://a_b.example/x", "https://a_b.example/x"),
        ("https://hooks.example/@user/a@b?to=x@y", "https://hooks.example/@user/a@b?to=x@y"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://8.8.8.8.:8080/", "http://8.8.8.8:8080/"),
        ("http://172.32.0.1/", "http://172.32.0.1/"),
        ("http://100.128.0.1/", "http://100.128.0.1/"),
        ("https://[2606:4700:4700::1111]/dns", "https://[2606:4700:4700::1111]/dns"),
        ("https://[2606:4700:4700:0::1111]:8443/", "https://[2606:4700:4700::1111]:8443/"),
        ("https://3com.example/", "https://3com.example/"),
        ("https://0x7f.example/", "https://0x7f.example/"),
        ("https://127.0.0.1.example/", "https://127.0.0.1.example/"),
        ("https://face.b00c/", "https://face.b00c/"),
    ],
)
def test_what_is_read_is_what_is_used(url: str, read: str) -> None:
    assert url_faults(url) == []
    assert read_url(url).url == read
    assert read_url(read) == read_url(url)


def test_the_first_fault_says_what_to_do() -> None:
    assert url_faults("ftp://a.example") == ["must be an absolute URL that begins with http:// or https://"]
    assert "header" in url_faults("https://me:secret@a.example")[0]
    assert "secret" not in url_faults("https://me:secret@a.example")[0]
    assert "operator" in url_faults("http://10.0.0.1/")[0]
    assert "four decimal numbers" in url_faults("http://0x7f.1/")[0]


@pytest.mark.parametrize(
    ("allowed", "url", "good"),
    [
        ("10.1.0.0/16", "http://10.1.2.3/", True),
        ("10.1.0.0/16", "http://10.2.0.1/", False),
        ("10.1.0.0/16", "http://[::ffff:10.1.2.3]/", False),
        ("10.1.2.3", "http://10.1.2.3/", True),
        ("10.1.2.3", "http://10.1.2.4/", False),
        ("127.0.0.0/8", "http://localhost/", True),
        ("::1/128", "http://localhost:3000/", True),
        ("::1", "http://[::1]/", True),
        ("::1", "http://127.0.0.1/", False),
        ("localhost", "http://localhost/", True),
        ("localhost", "http://app.localhost/", False),
        ("localhost", "http://127.0.0.1/", False),
        ("*.localhost", "http://app.localhost/", True),
        (" Hooks.Internal , fd00::/8 ", "http://[fd00::1]/", True),
        ("::ffff:0:0/96", "http://[::ffff:127.0.0.1]/", False),
        ("::ffff:0:0/96", "http://[::ffff:8.8.8.8]/", True),
        ("64:ff9b::/96", "http://[64:ff9b::808:808]/", True),
        ("64:ff9b::/96", "http://[64:ff9b::a00:1]/", False),
        ("64:ff9b::/96,10.0.0.0/8", "http://[64:ff9b::a00:1]/", True),
        ("", "http://10.0.0.1/", False),
    ],
)
def test_the_operator_lists_networks_and_hosts(allowed: str, url: str, good: bool) -> None:
    assert (url_faults(url, Allowances.parse(allowed)) == []) is good
    assert (url_faults(url, allowed.split(",")) == []) is good


@pytest.mark.parametrize(
    "entry", ["10.1.0.0/33", "10.1.2.3/16", "http://hooks.internal", "a b", "hooks:80", "*", "0x7f.1"]
)
def test_an_entry_that_cannot_be_read_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="neither a network"):
        Allowances.parse(f"10.0.0.0/8,{entry}")


def test_every_name_below_one_that_is_listed_so() -> None:
    allowed = Allowances.parse("*.svc.cluster.local,hooks.internal")
    assert allowed.names("a.svc.cluster.local")
    assert allowed.names("a.b.svc.cluster.local")
    assert allowed.names("hooks.internal")
    assert not allowed.names("svc.cluster.local")
    assert not allowed.names("evilsvc.cluster.local")
    assert not allowed.names("a.hooks.internal")
    assert not allowed.names("xhooks.internal")


def test_no_private_network_is_public_at_either_end() -> None:
    private = ["10.0.0.0/8", "127.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]
    for text in [*private, "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "fc00::/7", "fe80::/10", "ff00::/8", "2002::/16"]:
        network = ipaddress.ip_network(text)
        assert not is_public(network[0]), text
        assert not is_public(network[-1]), text


def test_a_url_that_cannot_be_read_raises() -> None:
    with pytest.raises(BadUrl, match="at most"):
        read_url("https://a.example/" + "a" * 5_000)
