"""The webhook of the LiveKit server: who joined or left a room, and which room closed. It must be signed."""

import asyncio
from datetime import UTC, datetime

from livekit import api
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.webhook import WebhookEvent
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.kit.errors import CallboxError, Code
from services.kit.ids import new_id
from services.kit.livekit_keys import LiveKitKeys
from services.kit.logs import get_logger
from services.sessions.adapters.livekit_rooms import CALLER_PREFIX, ROOM_PREFIX
from services.sessions.lifecycle.transitions import Lifecycle

PATH = "/livekit/webhook"
_MAX_BYTES = 262_144
_BODY_SECONDS = 5.0
_log = get_logger(__name__)


class LiveKitWebhook:
    """Turns LiveKit's webhooks into transitions of sessions. LiveKit sends again what is not answered by 200."""

    def __init__(self, lifecycle: Lifecycle, keys: LiveKitKeys) -> None:
        self._lifecycle = lifecycle
        self._receiver = api.WebhookReceiver(api.TokenVerifier(keys.key, keys.secret))

    def route(self) -> Route:
        """The route for the operator's listener."""
        return Route(PATH, self.receive, methods=["POST"])

    async def receive(self, request: Request) -> Response:
        """Answers one webhook: 200 applied, 401 not signed by LiveKit, 413 too large, 503 to be sent again."""
        try:
            body = await _read(request)
            event = self._verify(body, request.headers.get("authorization", ""))
            await self._apply(event)
        except CallboxError as error:
            return JSONResponse(error.body(new_id("req")), error.http_status, error.headers())
        return JSONResponse({})

    def _verify(self, body: bytes, token: str) -> WebhookEvent:
        try:
            return self._receiver.receive(body.decode(), token)
        # The receiver raises a bare Exception for a body that is not the signed one.
        except Exception as fault:
            _log.warning("LiveKit webhook refused", fault=type(fault).__name__)
            raise CallboxError(
                Code.NOT_AUTHENTICATED, "This is not signed by the LiveKit server; check its webhook api_key."
            ) from fault

    async def _apply(self, event: WebhookEvent) -> None:
        room, who = event.room, event.participant
        if not room.name.startswith(ROOM_PREFIX):
            return
        _log.debug("LiveKit webhook", webhook=event.event, room=room.name)
        is_agent = who.kind == ParticipantInfo.Kind.AGENT
        is_caller = not is_agent and who.identity.startswith(CALLER_PREFIX)
        match event.event:
            case "participant_joined" if is_caller:
                await self._lifecycle.caller_joined(room.name, who.identity, who.sid, room.sid)
            case "participant_joined" if is_agent:
                await self._lifecycle.agent_joined(room.name)
            case "participant_left" | "participant_connection_aborted" if is_caller:
                await self._lifecycle.caller_left(room.name, caller_sid=who.sid)
            case "participant_left" | "participant_connection_aborted" if is_agent:
                await self._lifecycle.agent_left(room.name, datetime.fromtimestamp(event.created_at, UTC))
            case "room_finished":
                await self._lifecycle.caller_left(room.name, room_sid=room.sid)


async def _read(request: Request) -> bytes:
    body = b""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise CallboxError(Code.PAYLOAD_TOO_LARGE, f"A webhook is at most {_MAX_BYTES} bytes.")
    except TimeoutError:
        raise CallboxError(Code.INVALID_REQUEST, "The body took too long; send it again.") from None
    return body
