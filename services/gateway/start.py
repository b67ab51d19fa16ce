"""Starting a call: as whom, and whether the page that asks may read the answer (contract 14.12)."""

from dataclasses import dataclass

from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb

from services.gateway.credentials import Presented
from services.gateway.gateway import Gateway
from services.gateway.models.session import StartSession
from services.gateway.names import existing
from services.gateway.structs import to_struct
from services.kit.client import call
from services.kit.errors import CallboxError, Code

_WHAT = "The character"
# Refusals that sessions gives only after the character was found and its origins were asked.
_PAST_ORIGIN = frozenset({Code.CONCURRENCY_LIMIT_REACHED, Code.AT_CAPACITY, Code.VALIDATION_FAILED})


@dataclass(frozen=True)
class Started:
    """What came of it. readable_by: origin whose pages may read the answer, if any."""

    answer: pb.StartSessionResponse | CallboxError
    by_key: bool = False
    readable_by: str | None = None


async def start(
    gateway: Gateway, body: StartSession, credential: Presented | None, origin: str | None, idempotency_key: str = ""
) -> Started:
    """Starts a call for who asks. idempotency_key: is heeded of who has a credential.

    A key or access token that is presented must be good. An access token of somebody else than the owner counts as none
    when there is an `Origin`. Without either, the origin must be listed.
    """
    try:
        message = to_message(body)
        message.idempotency_key = idempotency_key
        if credential is None:
            return await _as_visitor(gateway, message, origin)
        caller = await gateway.credentials.exchange(credential)
        try:
            answer = await call(gateway.backends.sessions.StartSession, message, identity=caller.token)
        except CallboxError as error:
            if caller.by_key or not origin or error.code is not Code.NOT_FOUND:
                raise
            return await _as_visitor(gateway, message, origin)
        if caller.by_key or not origin:
            return Started(answer, caller.by_key)
        return Started(answer, readable_by=await _listed(gateway, message.agent, origin))
    except CallboxError as error:
        return Started(error)


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


async def _as_visitor(gateway: Gateway, message: pb.StartSessionRequest, origin: str | None) -> Started:
    token = gateway.visitors.token(origin)
    if origin:
        await gateway.gates.check(message.agent, origin)
    try:
        return Started(await call(gateway.backends.sessions.StartSession, message, identity=token), readable_by=origin)
    except CallboxError as error:
        return Started(error, readable_by=origin if error.code in _PAST_ORIGIN else None)


async def _listed(gateway: Gateway, agent: str, origin: str) -> str | None:
    try:
        token = gateway.visitors.token(origin)
        await call(gateway.backends.characters.Resolve, characters_pb2.ResolveRequest(agent=agent), identity=token)
    except CallboxError:
        return None
    return origin
