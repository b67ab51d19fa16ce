"""Context of the request being handled: its id, deadline and identity."""

import re
import time
from contextvars import ContextVar

from services.kit.errors import CallboxError, Code
from services.kit.identity import Identity, Kind
from services.kit.ids import new_id

REQUEST_ID_KEY = "x-request-id"
AUTHORIZATION_KEY = "authorization"
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}\Z")

request_id: ContextVar[str] = ContextVar("request_id", default="")
identity_token: ContextVar[str] = ContextVar("identity_token", default="")
_identity: ContextVar[Identity | None] = ContextVar("identity", default=None)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def sane_request_id(given: str | None) -> str:
    """The given request id if it is safe to log and pass on, else a new one."""
    return given if given and _SANE_REQUEST_ID.match(given) else new_id("req")


def set_identity(identity: Identity | None, token: str = "") -> None:
    """Sets the identity of the current request."""
    _identity.set(identity)
    identity_token.set(token)


def current_identity() -> Identity:
    """The identity of the current request.

    Raises: CallboxError `not_authenticated` if it has none.
    """
    identity = _identity.get()
    if identity is None:
        raise CallboxError(Code.NOT_AUTHENTICATED, "Sign in first: send a Bearer token or an X-API-Key header.")
    return identity


def current_user() -> Identity:
    """The user who made the current request.

    Raises: CallboxError `not_authenticated` for a visitor or a service.
    """
    identity = current_identity()
    if identity.kind is not Kind.USER:
        raise CallboxError(Code.NOT_AUTHENTICATED, "Sign in first: send a Bearer token or an X-API-Key header.")
    return identity


def require_service(*names: str) -> None:
    """Refuses callers other than these services.

    Raises: CallboxError `permission_denied`.
    """
    if not current_identity().is_service(*names):
        raise CallboxError(Code.PERMISSION_DENIED, f"Only {' and '.join(names)} may call this.")


def set_deadline(seconds: float | None) -> None:
    """Sets the deadline of the current request, in seconds from now; None for no limit."""
    _deadline.set(None if seconds is None else time.monotonic() + seconds)


def remaining_seconds(at_most: float) -> float:
    """Seconds that a step of the request may take: `at_most`, or less if the deadline is near; never negative."""
    deadline = _deadline.get()
    return at_most if deadline is None else max(0.0, min(at_most, deadline - time.monotonic()))
