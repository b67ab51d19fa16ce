"""One request of a chain of redirects: checked before it is sent, and what the next one carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from services.kit.net.outbound_errors import Refused
from services.kit.net.url_policy import Allowances, BadUrl, Target, judge, read_url

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_USER_AGENT = "Callbox/1.0"
_ACCEPTED_ENCODINGS = "gzip, deflate, br"
# Headers that a redirect to another origin keeps.
_CARRIED_ACROSS_ORIGINS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "content-type",
        "content-language",
        "content-encoding",
        "user-agent",
    }
)
_OF_THE_BODY = frozenset({"content-type", "content-language", "content-encoding", "content-location"})
# Headers that the client sets itself: framing, connection and host.
_RESERVED = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "proxy-authorization",
        "proxy-connection",
    }
)


@dataclass(frozen=True)
class Hop:
    """One request in a chain of redirects."""

    method: str
    target: Target
    headers: Mapping[str, str]
    content: bytes | None

    @classmethod
    def first(
        cls, method: str, url: str, headers: Mapping[str, str], content: bytes | None, allowed: Allowances
    ) -> Hop:
        """The first request of a chain. Raises: Refused."""
        if method.upper() not in _METHODS:
            raise Refused(f"The method must be one of {', '.join(_METHODS)}.")
        lowered = {name.lower(): value for name, value in headers.items()}
        if reserved := sorted(_RESERVED & lowered.keys()):
            raise Refused(f"The header {reserved[0]} cannot be set; leave it out.")
        return cls(method.upper(), _checked(url, allowed), lowered, content)

    def onward(self, status: int, answered: httpx.Headers, allowed: Allowances) -> Hop | None:
        """The next request, if this response is a redirect (RFC 9110, 15.4). Raises: Refused."""
        locations = answered.get_list("location")
        if status not in _REDIRECTS or not locations:
            return None
        if len(set(locations)) > 1:
            raise Refused(f"{self.target.host} redirects to several places at once.")
        target = _checked(_resolved(self.target.url, locations[0]), allowed)
        method, content, headers = self.method, self.content, dict(self.headers)
        if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
            method, content = "GET", None
            headers = {name: value for name, value in headers.items() if name not in _OF_THE_BODY}
        if target.origin != self.target.origin:
            headers = {name: value for name, value in headers.items() if name in _CARRIED_ACROSS_ORIGINS}
        return Hop(method, target, headers, content)

    def message_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers of the request, framing included."""
        headers = {"user-agent": _USER_AGENT, "accept": "*/*", "accept-encoding": _ACCEPTED_ENCODINGS, **self.headers}
        if self.content is not None or self.method in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(len(self.content or b""))
        try:
            return [
                (b"host", self.target.authority.encode("ascii")),
                *((name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()),
            ]
        except UnicodeEncodeError:
            raise Refused("A header contains characters that HTTP cannot carry; encode them.") from None


def _checked(url: str, allowed: Allowances) -> Target:
    try:
        target = read_url(url)
        judge(target, allowed)
    except BadUrl as fault:
        raise Refused(f"The URL {fault}.") from None
    return target


def _resolved(base: str, location: str) -> str:
    """The absolute URL of a `Location`. Spaces, which many servers send, are encoded."""
    try:
        return urljoin(base, location.strip(" \t").replace(" ", "%20"))
    except ValueError:
        return location
