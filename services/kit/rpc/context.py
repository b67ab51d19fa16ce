"""What travels with a request: its id, its trace, its deadline and who asks."""

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
    """The request id given, if it is safe to log and pass on, else a new one."""
    return given if given and _SANE_REQUEST_ID.match(given) else new_id("req")


def set_identity(identity: Identity | None, token: str = "") -> None:
    """Says who asks, for the rest of this request."""
    _identity.set(identity)
    identity_token.set(token)


def current_identity() -> Identity:
    """Who asks.

    Raises: CallboxError `not_authenticated` when nobody said.
    """
    identity = _identity.get()
    if identity is None:
        raise CallboxError(Code.NOT_AUTHENTICATED, "Sign in first: send a Bearer token or an X-API-Key header.")
    return identity


def current_user() -> Identity:
    """The user who asks.

    Raises: CallboxError `not_authenticated` for a visitor or a service.
    """
    identity = current_identity()
    if identity.kind is not Kind.USER:
        raise CallboxError(Code.NOT_AUTHENTICATED, "Sign in first: send a Bearer token or an X-API-Key header.")
    return identity


def require_service(*names: str) -> None:
    """Lets only these services pass.

    Raises: CallboxError `permission_denied`.
    """
    if not current_identity().is_service(*names):
        raise CallboxError(Code.PERMISSION_DENIED, f"Only {' and '.join(names)} may call this.")


def set_deadline(seconds: float | None) -> None:
    """Says how many seconds from now the request may still take; None for no limit."""
    _deadline.set(None if seconds is None else time.monotonic() + seconds)


def remaining_seconds(at_most: float) -> float:
    """Seconds left for one step of the request, `at_most` at the most, never below zero."""
    deadline = _deadline.get()
    return at_most if deadline is None else max(0.0, min(at_most, deadline - time.monotonic()))
