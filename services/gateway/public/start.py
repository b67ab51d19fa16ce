"""Starting a call: the request to the sessions service (contract 14.12)."""

from callbox.sessions.v1 import sessions_pb2 as pb

from services.gateway.gateway import Gateway
from services.gateway.models.session import StartSession
from services.gateway.public.access import Outcome, send_as_caller
from services.gateway.requests.credentials import Credential
from services.gateway.requests.path_names import require_name
from services.kit.rpc.client import call
from services.kit.structs import to_struct

_WHAT = "The character"


async def start(
    gateway: Gateway,
    body: StartSession,
    credential: Credential | None,
    origin: str | None,
    client_address: str,
    idempotency_key: str = "",
) -> Outcome[pb.StartSessionResponse]:
    """Starts a call as the caller. client_address: for rate limits. idempotency_key: works only with a credential."""

    async def send(token: str) -> pb.StartSessionResponse:
        message = start_request(body)
        message.idempotency_key, message.client_address = idempotency_key, client_address
        return await call(gateway.backends.sessions.StartSession, message, identity=token)

    return await send_as_caller(gateway, body.agent, credential, origin, send)


def start_request(body: StartSession) -> pb.StartSessionRequest:
    """The message of a body.

    Raises: CallboxError `not_found` for a name that no character can have, `validation_failed` for metadata.
    """
    message = pb.StartSessionRequest(
        agent=require_name(body.agent, _WHAT),
        language=body.language or None,
        system_prompt=body.system_prompt,
        greeting=body.greeting,
        voice_model=body.voice_model or None,
        reference_audio_url=body.reference_audio_url or None,
        mcp_headers=body.mcp_headers or {},
        origin_url=body.origin_url or None,
    )
    if body.metadata is not None:
        message.metadata.CopyFrom(to_struct(body.metadata, "metadata"))
    return message
