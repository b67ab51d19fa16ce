"""Deletes or exports the data of a user in every service that holds some."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from callbox.accounts.v1 import user_data_pb2 as accounts_pb
from callbox.characters.v1 import user_data_pb2 as characters_pb
from callbox.sessions.v1 import user_data_pb2 as sessions_pb

from services.gateway.gateway import Gateway
from services.gateway.requests.credentials import Credential
from services.kit.errors import CallboxError, Code
from services.kit.rpc import context
from services.kit.rpc.client import call
from services.kit.structs import from_struct
from services.kit.times import iso

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct

# Time for one request; when it is not enough, the client sends the request again.
_DELETE_SECONDS = 20.0
# A start of a session takes at most this long. One that found its character before the deletion has finished by then.
_STARTS_SECONDS = 1.0
_EXPORT_SECONDS = 3_600.0


class _Page(Protocol):
    collection: str
    next_page_token: str

    @property
    def items(self) -> "list[Struct]": ...


async def delete(gateway: Gateway, access_token: str, password: str, address: str) -> None:
    """Deletes the user of an access token with all their data.

    Disables credentials and characters first, so that no session can start. Then ends and deletes sessions, deletes
    characters, and the user last. Each step may be repeated, so a client completes a failed deletion by asking again.
    Raises: CallboxError as accounts does; `upstream_unavailable` when a service is away or the time was not enough.
    """
    backends = gateway.backends
    context.set_deadline(_DELETE_SECONDS)
    deletion = await call(
        backends.accounts_data.BeginUserDeletion,
        accounts_pb.BeginUserDeletionRequest(access_token=access_token, password=password, client_address=address),
        identity=gateway.signer.service_token(),
    )
    gateway.credentials.clear()
    token = deletion.identity_token
    await call(backends.characters_data.WithdrawUserData, characters_pb.WithdrawUserDataRequest(), identity=token)
    withdrawn_at = time.monotonic()
    await _delete_sessions(gateway, token)
    await asyncio.sleep(max(0.0, withdrawn_at + _STARTS_SECONDS - time.monotonic()))
    await _delete_sessions(gateway, token)
    while not (
        await call(backends.characters_data.DeleteUserData, characters_pb.DeleteUserDataRequest(), identity=token)
    ).done:
        _require_time()
    await call(backends.accounts_data.DeleteUserData, accounts_pb.DeleteUserDataRequest(), identity=token)


async def export(gateway: Gateway, credential: Credential) -> AsyncIterator[str]:
    """All data of the caller as the pieces of one JSON object: service → collection → rows.

    Reads the first page of each service before it returns, so that most errors come before the first piece.
    Raises: CallboxError as the services do.
    """
    context.set_deadline(_EXPORT_SECONDS)
    firsts = await asyncio.gather(*(_page(gateway, credential, name, "") for name in _SERVICES))
    return _pieces(gateway, credential, dict(zip(_SERVICES, firsts, strict=True)))


async def _pieces(gateway: Gateway, credential: Credential, firsts: dict[str, _Page]) -> AsyncIterator[str]:
    now = datetime.now(UTC).replace(microsecond=0)
    yield f'{{"exported_at": {json.dumps(iso(now))}'
    for name, first in firsts.items():
        yield f', "{name}": {{'
        page, collection, has_rows = first, "", False
        while True:
            if page.collection != collection:
                yield f'{"], " if collection else ""}"{page.collection}": ['
                collection, has_rows = page.collection, False
            # One piece for each page, because sending many small pieces is slow.
            rows = ", ".join(json.dumps(from_struct(item), ensure_ascii=False) for item in page.items)
            if rows:
                yield ", " + rows if has_rows else rows
                has_rows = True
            if not page.next_page_token:
                break
            page = await _page(gateway, credential, name, page.next_page_token)
        yield "]}"
    yield "}\n"


_SERVICES = ("accounts", "characters", "sessions")


async def _page(gateway: Gateway, credential: Credential, service: str, page_token: str) -> _Page:
    backends = gateway.backends
    # Exchanged again for each page: an identity token lives for minutes, an export may take longer.
    identity = (await gateway.credentials.exchange(credential)).token
    asked: dict[str, tuple[Any, Any]] = {
        "accounts": (backends.accounts_data, accounts_pb),
        "characters": (backends.characters_data, characters_pb),
        "sessions": (backends.sessions_data, sessions_pb),
    }
    stub, messages = asked[service]
    page: _Page = await call(
        stub.ExportUserData, messages.ExportUserDataRequest(page_token=page_token), identity=identity
    )
    return page


async def _delete_sessions(gateway: Gateway, token: str) -> None:
    stub = gateway.backends.sessions_data
    while not (await call(stub.DeleteUserData, sessions_pb.DeleteUserDataRequest(), identity=token)).done:
        _require_time()


def _require_time() -> None:
    if context.remaining_seconds(1.0) < 1.0:
        raise CallboxError(
            Code.UPSTREAM_UNAVAILABLE,
            "The data is too much to delete in one request; send the request again to continue.",
            retry_after_seconds=1,
        )
