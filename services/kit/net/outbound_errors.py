"""Why a request to a URL from a customer has no answer."""

from typing import ClassVar


class OutboundError(Exception):
    """A request without an answer. str: a sentence for whoever gave the URL. code: stable, for programs."""

    code: ClassVar[str]


class Refused(OutboundError):
    """Nothing was sent: the URL, an address behind it, a redirect or a header is not allowed."""

    code = "refused"


class TooLarge(OutboundError):
    """The body is longer than the caller allows, as received or decompressed."""

    code = "too_large"


class TimedOut(OutboundError):
    """The request, with DNS and redirects, did not finish in time."""

    code = "timeout"


class Failed(OutboundError):
    """The name cannot be resolved, the server cannot be reached, or its answer is not valid HTTP."""

    code = "failed"
