"""Checks origins against `allowed_origins` (contract 14.3), those of web sites and of apps (14.13)."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

import idna

_DEFAULT_PORT = {"http": 80, "https": 443}
# Of the pages inside apps and browser extensions. They have no default port.
_APP_SCHEMES = frozenset({"capacitor", "ionic", "tauri", "app", "chrome-extension"})
_WILDCARD = "*."


def is_allowed(origin: str, entries: Iterable[str]) -> bool:
    """Whether a character's `allowed_origins` allow a request's `Origin`.

    Scheme, host and port must be equal after normalisation. `https://*.acme.com` matches every sub-domain but not
    `acme.com` itself. `*` matches every origin, but not `null`. A path in an entry is ignored.
    """
    asked = _normalise(origin, any_scheme=True)
    if asked is None or asked[1].startswith(_WILDCARD):
        return False
    for entry in entries:
        if entry.strip() == "*":
            return True
        listed = _normalise(entry)
        if listed is None or (listed[0], listed[2]) != (asked[0], asked[2]):
            continue
        if listed[1] == asked[1]:
            return True
        if listed[1].startswith(_WILDCARD) and asked[1].endswith(listed[1][1:]) and asked[1] != listed[1][2:]:
            return True
    return False


def is_valid_entry(entry: str) -> bool:
    """Whether an entry of `allowed_origins` can ever match."""
    return entry.strip() == "*" or _normalise(entry) is not None


def normalised(url: str) -> str | None:
    """The origin of a URL as a browser sends it in `Origin`; None if it is not an http(s) URL."""
    found = _normalise(url)
    if found is None or found[1].startswith(_WILDCARD) or found[0] not in _DEFAULT_PORT:
        return None
    scheme, host, port = found
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port == _DEFAULT_PORT[scheme] else f"{scheme}://{shown}:{port}"


def _normalise(url: str, *, any_scheme: bool = False) -> tuple[str, str, int | None] | None:
    """(scheme, host in normalised ASCII, port), or None if it is not an origin that can be listed.

    any_scheme: takes origins with other schemes as well; only `*` lets these in.
    """
    url = url.strip()
    if not url.isprintable() or " " in url:
        # `urlsplit` drops tabs and newlines, and so could find another host than the text shows.
        return None
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        listable = scheme in _DEFAULT_PORT or scheme in _APP_SCHEMES
        if not scheme or not host or not (listable or any_scheme):
            return None
        if parts.username is not None or parts.password is not None:
            return None
        prefix = _WILDCARD if host.startswith(_WILDCARD) else ""
        name = _name(host[len(prefix) :], is_literal=parts.netloc.startswith("["))
        if prefix and _is_address(name):
            return None
        return scheme, prefix + name, _DEFAULT_PORT.get(scheme) if port is None else port
    except (ValueError, idna.IDNAError):
        return None


def _name(host: str, *, is_literal: bool) -> str:
    if is_literal:
        return ipaddress.IPv6Address(host).compressed
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()
    # A trailing dot stands for the DNS root and changes nothing.
    host = host.removesuffix(".").lower()
    if not all(host.split(".")) or any(character in host for character in "\\%*:[]"):
        raise ValueError("not a host")
    return host


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()
