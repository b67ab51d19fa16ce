"""Contract 1.6 and 14.3: the origin gate, with look-alikes."""

import pytest

from services.kit.origins import is_allowed, is_valid_entry


@pytest.mark.parametrize(
    ("origin", "entry"),
    [
        ("https://acme.com", "https://acme.com"),
        ("https://acme.com", "https://acme.com/"),
        ("https://acme.com", "https://acme.com/shop/page?x=1#y"),
        ("https://ACME.com", "https://acme.COM"),
        ("HTTPS://acme.com", "https://acme.com"),
        ("https://acme.com:443", "https://acme.com"),
        ("https://acme.com", "https://acme.com:443"),
        ("http://acme.com", "http://acme.com:80"),
        ("https://acme.com.", "https://acme.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://xn--bcher-kva.example", "https://bücher.example"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://bücher.example"),
        ("https://shop.acme.com", "https://*.acme.com"),
        ("https://a.b.acme.com", "https://*.acme.com"),
        ("https://shop.acme.com:8443", "https://*.acme.com:8443"),
        ("https://anything.example:9", "*"),
    ],
)
def test_allowed(origin: str, entry: str) -> None:
    assert is_allowed(origin, ["https://other.example", entry])
    assert is_valid_entry(entry)


@pytest.mark.parametrize(
    ("origin", "entry"),
    [
        ("https://acme.com.evil.io", "https://acme.com"),
        ("https://acme.comevil.io", "https://acme.com"),
        ("https://evil-acme.com", "https://acme.com"),
        ("https://evilacme.com", "https://*.acme.com"),
        ("https://acme.com@evil.io", "https://acme.com"),
        ("https://user@acme.com", "https://acme.com"),
        ("https://evil.io/https://acme.com", "https://acme.com"),
        ("https://evil.io#https://acme.com", "https://acme.com"),
        ("https://evil.io\\.acme.com", "https://*.acme.com"),
        ("https://evil.io\\@acme.com", "https://acme.com"),
        ("https://acme.com\u3002evil.io", "https://acme.com"),
        ("https://аcme.com", "https://acme.com"),
        ("http://acme.com", "https://acme.com"),
        ("https://acme.com:8443", "https://acme.com"),
        ("https://acme.com:0", "https://acme.com"),
        ("https://acme.com:80", "http://acme.com"),
        ("https://shop.acme.com", "https://acme.com"),
        ("https://acme.com", "https://*.acme.com"),
        ("https://.acme.com", "https://*.acme.com"),
        ("https://*.acme.com", "https://*.acme.com"),
        ("https://shop.acme.com.evil.io", "https://*.acme.com"),
        ("http://shop.acme.com", "https://*.acme.com"),
        ("https://acme.com:99999", "https://acme.com"),
        ("https://acme.com:x", "https://acme.com"),
        ("", "https://acme.com"),
        ("null", "https://acme.com"),
        ("acme.com", "https://acme.com"),
        ("//acme.com", "https://acme.com"),
        ("file:///acme.com", "https://acme.com"),
        ("chrome-extension://acme.com", "https://acme.com"),
    ],
)
def test_refused(origin: str, entry: str) -> None:
    assert not is_allowed(origin, [entry])


def test_an_empty_list_allows_nobody() -> None:
    assert not is_allowed("https://acme.com", [])


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "acme.com",
        "https://",
        "https://*",
        "https://*.",
        "https://a.*.com",
        "https://*.*.com",
        "https://a..com",
        "ftp://acme.com",
        "javascript:x",
        "https://u:p@acme.com",
        "https://acme.com:x",
        "https://a b.com",
        "**",
    ],
)
def test_an_entry_that_can_never_match_is_not_valid(entry: str) -> None:
    assert not is_valid_entry(entry)
