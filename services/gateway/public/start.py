"""Starting a call: what is asked of sessions (contract 14.12)."""

from callbox.sessions.v1 import sessions_pb2 as pb

from services.gateway.answers.structs import to_struct
from services.gateway.gateway import Gateway
from services.gateway.models.session import StartSession
from services.gateway.public.access import Asked, ask
from services.gateway.requests.credentials import Presented
from services.gateway.requests.path_names import existing
from services.kit.rpc.client import call

_WHAT = "The character"


async def start(
    gateway: Gateway, body: StartSession, credential: Presented | None, origin: str | None, idempotency_key: str = ""
) -> Asked[pb.StartSessionResponse]:
    """Starts a call for who asks. idempotency_key: is heeded of who has a credential."""

    async def send(token: str) -> pb.StartSessionResponse:
        message = to_message(body)
        message.idempotency_key = idempotency_key
        return await call(gateway.backends.sessions.StartSession, message, identity=token)

    return await ask(gateway, body.agent, credential, origin, send)


def to_message(body: StartSession) -> pb.StartSessionRequest:
    """The request to sessions.

    Raises: CallboxError `not_found` for a name that no character can have, `validation_failed` for metadata.
    """
    message = pb.StartSessionRequest(
        agent=existing(body.agent, _WHAT),
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
