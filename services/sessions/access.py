"""Who may read a session, and what a session's id looks like."""

import re

from callbox.sessions.v1 import sessions_pb2 as pb

from services.kit.errors import not_found
from services.kit.rpc.context import current_user

AGENT_SERVICE = "agent"
_SESSION_ID = re.compile(r"sess_[A-Za-z0-9_\-]{1,64}\Z")


def is_session_id(text: str) -> bool:
    """Whether a text has the form of a session's id."""
    return _SESSION_ID.match(text) is not None


def checked_id(session_id: str) -> str:
    """The id, if it has the form of one.

    Raises: CallboxError `not_found`.
    """
    if not is_session_id(session_id):
        raise not_found("The session")
    return session_id


def readable(session: pb.Session | None, session_id: str) -> pb.Session:
    """The session, if the user is staff or created its character.

    Raises: CallboxError `not_found`, `not_authenticated`.
    """
    user = current_user()
    if session is None or not (user.is_staff or user.user_id == session.owner_id):
        raise not_found(f"Session {session_id}")
    return session
