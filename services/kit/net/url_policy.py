"""Which URLs and addresses of customers may be connected to; uses no network (contract 14.9).

A URL is parsed only here. The parts that were checked are the parts that are connected to, so no second parser can
disagree.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeAlias
from urllib.parse import quote

import idna

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL_CHARS = 4_096
_DEFAULT_PORT = {"http": 80, "https": 443}
_MAX_NAME_CHARS = 253

# IANA's special-purpose IPv4 addresses, multicast, the reserved class E, and Azure's platform address, which is
# internal although its number is public.
_CLOSED_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
# All public IPv6 addresses are in 2000::/3. This excludes loopback, link-local, unique local, multicast, IPv4-mapped,
# -compatible and -translated addresses and both NAT64 prefixes.
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = [
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
]
_NAT64 = [ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48")]

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?\Z", re.I)
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>[0-9]{0,5}))?\Z")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_NUMBER = re.compile(r"[0-9]+\Z|0x[0-9a-f]*\Z")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
_KEPT_IN_PATH = "/%:@!$&'()*+,;=-._~"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?"

# Description of the setting, for every service that has it.
ALLOWED = (
    "Private networks and hosts that URLs of customers may lead to, comma-separated: `10.1.0.0/16`, `hooks.internal`, "
    "`*.apps.internal` for every subdomain. Applies to every tenant and every URL that a customer gives: tools, MCP "
    "servers, webhooks, pages of the knowledge base, reference audio."
)
_NOT_PUBLIC = "must lead to a public address; {host} is private or reserved, and the operator has not listed it"


class BadUrl(ValueError):
    """A refused URL; the text completes a sentence that begins with the name of the field."""


@dataclass(frozen=True)
class Target:
    """A parsed URL.

    scheme: http or https. host: lower-case ASCII name without a trailing dot, or an address without brackets.
    resource: path and query as sent. address: the address, if the host is a literal address.
    """

    scheme: str
    host: str
    port: int
    resource: str
    address: Address | None = field(default=None, compare=False)

    @property
    def authority(self) -> str:
        """Value of the `Host` header, without the default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORT[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port. Credentials are not sent to another origin."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The normalised URL, without a fragment."""
        return f"{self.scheme}://{self.authority}{self.resource}"


@dataclass(frozen=True)
class Allowances:
    """Private networks and hosts that the operator allows.

    networks: such as `10.1.0.0/16`. hosts: names such as `hooks.internal`, or `.internal` for every name below it. All
    addresses that such a name resolves to are allowed.
    """

    networks: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, entries: str | Iterable[str]) -> Self:
        """Parses `10.1.0.0/16, hooks.internal, *.svc.cluster.local`, or a list of such entries.

        Raises: ValueError with the entry that is neither a network nor a name.
        """
        networks: list[Network] = []
        hosts: list[str] = []
        for entry in entries.split(",") if isinstance(entries, str) else entries:
            text = entry.strip().lower()
            if not text:
                continue
            try:
                networks.append(ipaddress.ip_network(text))
                continue
            except ValueError:
                name = text.removeprefix("*.")
            if not _is_name(name):
                raise ValueError(f"{entry.strip()!r} is neither a network such as 10.1.0.0/16 nor a host name")
            hosts.append(f".{name}" if name != text else name)
        return cls(tuple(networks), tuple(hosts))

    def names(self, host: str) -> bool:
        """Whether the host is listed by name."""
        return any(host == listed or (listed[0] == "." and host.endswith(listed)) for listed in self.hosts)

    def permits(self, address: Address) -> bool:
        """Whether the address may be connected to: it is public, or in a listed network.

        For a NAT64 or IPv4-mapped address in a listed network, the IPv4 address inside it is checked, too.
        """
        if is_public(address):
            return True
        if not any(address.version == network.version and address in network for network in self.networks):
            return False
        inner = _inner(address)
        return inner is None or self.permits(inner)


def is_public(address: Address) -> bool:
    """Whether the address is public."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _CLOSED_V4)
    if address.scope_id is not None or address not in _OPEN_V6:
        return False
    return not any(address in network for network in _CLOSED_V6)


def url_faults(url: str, allowed: Allowances | Sequence[str] = ()) -> list[str]:
    """What is wrong with a URL from a customer, as ends of sentences; empty if it may be stored.

    Names are not resolved here: their addresses are checked at each use.
    """
    try:
        judge(read_url(url), allowed if isinstance(allowed, Allowances) else Allowances.parse(allowed))
    except BadUrl as fault:
        return [str(fault)]
    return []


def judge(target: Target, allowed: Allowances) -> None:
    """Refuses private literal addresses and names that always stand for one. Resolves nothing.

    Raises: BadUrl.
    """
    if allowed.names(target.host):
        return
    if target.address is not None and not allowed.permits(target.address):
        raise BadUrl(_NOT_PUBLIC.format(host=target.host))
    # A listed loopback network also allows `localhost`, which always resolves to it (RFC 6761).
    loopback: list[Address] = [ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1")]
    if _is_local_name(target.host) and not any(allowed.permits(address) for address in loopback):
        raise BadUrl(_NOT_PUBLIC.format(host=target.host))


def read_url(url: str) -> Target:
    """Parses an http or https URL.

    Raises: BadUrl for anything else, and for a URL that programs may parse differently.
    """
    if len(url) > MAX_URL_CHARS:
        raise BadUrl(f"must be at most {MAX_URL_CHARS} characters long")
    if _FORBIDDEN.search(url):
        raise BadUrl("must not contain spaces, backslashes or control characters; percent-encode them")
    match = _URL.match(url)
    if match is None:
        raise BadUrl("must be an absolute URL that begins with http:// or https://")
    authority = match["authority"]
    if "@" in authority:
        raise BadUrl("must not contain a user name or password; send credentials in a header")
    parts = _HOST_AND_PORT.match(authority)
    if parts is None:
        raise BadUrl("must name a host and, if any, a port from 1 to 65535")
    scheme = match["scheme"].lower()
    port = int(parts["port"] or _DEFAULT_PORT[scheme])
    if not 0 < port < 65536:
        raise BadUrl("must have a port from 1 to 65535")
    host, address = _host(parts["host"])
    try:
        path = quote(match["path"] or "/", safe=_KEPT_IN_PATH)
        query = quote(match["query"] or "", safe=_KEPT_IN_QUERY)
    except UnicodeEncodeError:
        raise BadUrl("must be valid Unicode") from None
    return Target(scheme, host, port, path + query, address)


def _host(text: str) -> tuple[str, Address | None]:
    if text.startswith("["):
        try:
            if "%" in text:
                raise ValueError("a zone means something on one machine only")
            v6 = ipaddress.IPv6Address(text[1:-1])
        except ValueError:
            raise BadUrl("must have a valid IPv6 address, without a zone, between its brackets") from None
        return str(v6), v6
    name = _ascii(text).removesuffix(".")
    if not _is_name(name) and not _ends_in_number(name):
        raise BadUrl("must name a valid host")
    if not _ends_in_number(name):
        return name, None
    try:
        v4 = ipaddress.IPv4Address(name)
    except ValueError:
        raise BadUrl("must spell an IPv4 address as four decimal numbers, such as 192.0.2.1") from None
    return str(v4), v4


def _ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text, uts46=True, std3_rules=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise BadUrl("must name a valid host") from None


def _is_name(name: str) -> bool:
    labels = name.split(".")
    return len(name) <= _MAX_NAME_CHARS and all(_LABEL.match(label) for label in labels) and not _ends_in_number(name)


def _ends_in_number(name: str) -> bool:
    """Whether a resolver may take the name for an IPv4 address in an old notation, such as octal."""
    return _NUMBER.match(name.rpartition(".")[2]) is not None


def _is_local_name(host: str) -> bool:
    return host in ("localhost", "localhost.localdomain") or host.endswith(".localhost")


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside a NAT64 or IPv4-mapped address."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
