"""A backend starts a call for somebody it knows, and reads what was said in the calls before.

CALLBOX_URL, CALLBOX_API_KEY and CALLBOX_AGENT say where, as whom and with which character.
"""

import json
import os
import sys
from typing import Any, TypeVar

from callbox_client import Client
from callbox_client.api.history import list_usage
from callbox_client.api.sessions import start_session
from callbox_client.models import EnvelopeStartedSession, EnvelopeUsageReport, ErrorBody, StartSession
from callbox_client.types import Response

Kind = TypeVar("Kind")


def main() -> None:
    """Prints what the browser needs to join, and the latest calls."""
    agent = os.environ["CALLBOX_AGENT"]
    client = Client(base_url=os.environ["CALLBOX_URL"], headers={"X-API-Key": os.environ["CALLBOX_API_KEY"]})
    asked = StartSession.from_dict({"agent": agent, "metadata": {"user_name": "Ada", "plan": "pro"}})
    with client:
        started = _answer(start_session.sync_detailed(client=client, body=asked), EnvelopeStartedSession).data
        print(json.dumps({"token": started.token, "livekit_url": started.livekit_url, "session": started.session_id}))

        usage = _answer(list_usage.sync_detailed(client=client, character_slug=agent, page_size=5), EnvelopeUsageReport)
        for call in usage.data.sessions.data:
            print(call.created_at.isoformat(), call.session_id, call.status, f"{call.session_duration_seconds:.0f} s")
            print(call.transcript_text)


def _answer(answer: Response[Any], kind: type[Kind]) -> Kind:
    if isinstance(answer.parsed, ErrorBody):
        refusal = answer.parsed
        sys.exit(f"{refusal.code}: {refusal.message} (request {refusal.request_id})")
    assert isinstance(answer.parsed, kind)
    return answer.parsed


if __name__ == "__main__":
    main()
