"""The origin gate (contract 14.3)."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import idna

_DEFAULT_PORT = {"http": 80, "https": 443}
_WILDCARD = "*."


def is_allowed(origin: str, entries: Iterable[str]) -> bool:
    """Whether a request's `Origin` is covered by a character's `allowed_origins`.

    Scheme, host and port must be equal after normalisation; `https://*.acme.com` covers every sub-domain but not the
    apex; `*` covers any origin. A path in an entry is ignored.
    """
    asked = _normalise(origin)
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
    """The origin of a page's address as a browser sends it in `Origin`, or None when it is no http(s) page."""
    found = _normalise(url)
    if found is None or found[1].startswith(_WILDCARD):
        return None
    scheme, host, port = found
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" if port == _DEFAULT_PORT[scheme] else f"{scheme}://{shown}:{port}"


def _normalise(url: str) -> tuple[str, str, int] | None:
    """(scheme, host in lower-case ASCII, port), or None when it is no http(s) origin."""
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        if scheme not in _DEFAULT_PORT or not host or parts.username is not None or parts.password is not None:
            return None
        prefix = _WILDCARD if host.startswith(_WILDCARD) else ""
        return scheme, prefix + _ascii(host[len(prefix) :].rstrip(".")), _DEFAULT_PORT[scheme] if port is None else port
    except (ValueError, idna.IDNAError):
        return None


def _ascii(host: str) -> str:
    if host.isascii():
        if not all(host.split(".")) or any(character in host for character in " \\\t%*"):
            raise ValueError("not a host")
        return host.lower()
    return idna.encode(host, uts46=True).decode()
