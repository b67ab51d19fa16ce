"""Receives Callbox webhooks: checks each signature, handles each message once, and answers in time.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_… python receiver.py 9000

A message with an invalid signature or timestamp is answered with 400 and not handled.
"""

import json
import os
import sys
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

# While a secret is being rotated, list the old and the new one, separated by a comma.
SECRETS = [Webhook(secret) for secret in os.environ["WEBHOOK_SECRET"].split(",")]
MAX_BODY_BYTES = 1_048_576
# Messages may come more than once. In production keep their ids in a database, so that they outlive this process.
seen: OrderedDict[str, None] = OrderedDict()


def handle(message: dict[str, Any]) -> None:
    """Handles a message. Put work that takes longer than a few seconds into a queue of your own."""
    print(json.dumps({"type": message["type"], "data": message["data"]}), flush=True)


def verify(body: bytes, headers: dict[str, str]) -> dict[str, Any] | None:
    """The message; None if no secret matches its signature or it is older than five minutes."""
    for secret in SECRETS:
        try:
            message: dict[str, Any] = secret.verify(body, headers)
            return message
        except (WebhookVerificationError, ValueError):
            continue
    return None


class Receiver(BaseHTTPRequestHandler):
    """Handles one request."""

    timeout = 10

    def do_POST(self) -> None:
        """Receives a message."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            if length.isdecimal():
                # Unread data would break the connection before the answer arrives.
                self.rfile.read(MAX_BODY_BYTES + 1)
            self.answer(413)
            return
        # Verify the raw bytes: a body that was parsed and serialised again has a different signature.
        message = verify(self.rfile.read(int(length)), dict(self.headers.items()))
        if message is None:
            self.answer(400)
            return
        identity = self.headers["webhook-id"]
        if identity not in seen:
            handle(message)
            seen[identity] = None
            while len(seen) > 10_000:
                seen.popitem(last=False)
        self.answer(204)

    def answer(self, status: int) -> None:
        """Answers with a status and no body."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Logs no requests, so that only messages are printed."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()
