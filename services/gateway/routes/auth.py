"""/api/auth/: users, tokens and API keys."""

from callbox.accounts.v1 import accounts_pb2 as pb
from fastapi import APIRouter, Response
from google.protobuf.field_mask_pb2 import FieldMask

from services.gateway.answers.envelope import BODY, forbid_caching, refusals, uncacheable
from services.gateway.gateway import AddressOf, CallerOf, GatewayOf, documented, documented_token_only
from services.gateway.models.account import (
    ApiKey,
    ApiKeyChange,
    ApiKeyWithValue,
    Limits,
    Me,
    NewApiKey,
    Refresh,
    SignedUp,
    SignIn,
    SignUp,
    Tokens,
    User,
)
from services.gateway.paging import read_all
from services.gateway.requests.body import StrictBodyRoute
from services.gateway.requests.path_names import PathName, require_name
from services.kit.errors import validation
from services.kit.rpc.client import call
from services.kit.times import moment, moment_or_none

router = APIRouter(prefix="/api/auth", tags=["accounts"], route_class=StrictBodyRoute)
_KEY = "The API key"


@router.post(
    "/signup/", status_code=201, responses={**uncacheable(201), **refusals(*BODY, 409, 429)}, summary="Sign up"
)
async def sign_up(body: SignUp, gateway: GatewayOf, address: AddressOf, response: Response) -> SignedUp:
    """Creates a user with a new tenant, and logs the user in."""
    answer = await call(
        gateway.backends.accounts.SignUp,
        pb.SignUpRequest(email=body.email, password=body.password, client_address=address),
        identity=gateway.signer.service_token(),
    )
    forbid_caching(response)
    return SignedUp(access=answer.tokens.access, refresh=answer.tokens.refresh, user=User(**_user(answer.user)))


@router.post("/login/", responses={**uncacheable(), **refusals(*BODY, 401, 429)}, summary="Log in")
async def log_in(body: SignIn, gateway: GatewayOf, address: AddressOf, response: Response) -> Tokens:
    """Exchanges an e-mail address and a password for tokens."""
    answer = await call(
        gateway.backends.accounts.LogIn,
        pb.LogInRequest(email=body.email, password=body.password, client_address=address),
        identity=gateway.signer.service_token(),
    )
    forbid_caching(response)
    return Tokens(access=answer.access, refresh=answer.refresh)


@router.post("/refresh/", responses={**uncacheable(), **refusals(*BODY, 401, 429)}, summary="Rotate a refresh token")
async def refresh(body: Refresh, gateway: GatewayOf, address: AddressOf, response: Response) -> Tokens:
    """Exchanges a refresh token for new tokens. Using one twice revokes it and all tokens that came from it."""
    answer = await call(
        gateway.backends.accounts.RefreshTokens,
        pb.RefreshTokensRequest(refresh=body.refresh, client_address=address),
        identity=gateway.signer.service_token(),
    )
    forbid_caching(response)
    return Tokens(access=answer.access, refresh=answer.refresh)


@router.post("/logout/", status_code=204, responses=refusals(*BODY), summary="Log out")
async def log_out(body: Refresh, gateway: GatewayOf) -> Response:
    """Revokes a refresh token and all refresh tokens of the same login. Access tokens stay valid until they expire."""
    await call(
        gateway.backends.accounts.LogOut,
        pb.LogOutRequest(refresh=body.refresh),
        identity=gateway.signer.service_token(),
    )
    return Response(status_code=204)


@router.get("/me/", responses=refusals(401), dependencies=documented, summary="Read the user of the credential")
async def me(caller: CallerOf, gateway: GatewayOf) -> Me:
    """Answers the user of the credential and the limits of their tenant."""
    answer = await call(gateway.backends.accounts.GetMe, pb.GetMeRequest(), identity=caller.token)
    limits = Limits(concurrent_sessions=answer.limits.concurrent_sessions)
    return Me(**_user(answer.user), limits=limits)


@router.post(
    "/api-keys/",
    status_code=201,
    responses={**uncacheable(201), **refusals(*BODY, 401, 403)},
    dependencies=documented_token_only,
    summary="Create an API key",
)
async def create_key(body: NewApiKey, caller: CallerOf, gateway: GatewayOf, response: Response) -> ApiKeyWithValue:
    """Creates a key with the rights of its user. `key` is shown only in this answer."""
    answer = await call(
        gateway.backends.accounts.CreateApiKey,
        pb.CreateApiKeyRequest(name=body.name, is_active=body.is_active),
        identity=caller.token,
    )
    forbid_caching(response)
    return ApiKeyWithValue(**_key(answer.api_key).model_dump(), key=answer.value)


@router.get(
    "/api-keys/", responses=refusals(401, 403), dependencies=documented_token_only, summary="List your API keys"
)
async def list_keys(caller: CallerOf, gateway: GatewayOf) -> list[ApiKey]:
    """Lists your keys, newest first, without their values."""

    async def read(token: str) -> tuple[list[pb.ApiKey], str]:
        request = pb.ListApiKeysRequest(page_token=token)
        page = await call(gateway.backends.accounts.ListApiKeys, request, identity=caller.token)
        return list(page.api_keys), page.next_page_token

    return [_key(key) for key in await read_all(read)]


@router.patch(
    "/api-keys/{key_id}/",
    responses=refusals(*BODY, 401, 403, 404),
    dependencies=documented_token_only,
    summary="Rename, disable or enable an API key",
)
async def change_key(key_id: PathName, body: ApiKeyChange, caller: CallerOf, gateway: GatewayOf) -> ApiKey:
    """Changes the fields that you send. A key that is not active does not authenticate."""
    sent = sorted(body.model_fields_set)
    if not sent:
        raise validation({"body": ["send name, is_active or both"]})
    answer = await call(
        gateway.backends.accounts.UpdateApiKey,
        pb.UpdateApiKeyRequest(
            api_key=pb.ApiKey(id=require_name(key_id, _KEY), name=body.name, is_active=body.is_active),
            update_mask=FieldMask(paths=sent),
        ),
        identity=caller.token,
    )
    gateway.credentials.clear()
    return _key(answer)


@router.delete(
    "/api-keys/{key_id}/",
    status_code=204,
    responses=refusals(401, 403, 404),
    dependencies=documented_token_only,
    summary="Revoke an API key",
)
async def delete_key(key_id: PathName, caller: CallerOf, gateway: GatewayOf) -> Response:
    """Deletes a key. It does not authenticate any more."""
    await call(
        gateway.backends.accounts.DeleteApiKey,
        pb.DeleteApiKeyRequest(id=require_name(key_id, _KEY)),
        identity=caller.token,
    )
    gateway.credentials.clear()
    return Response(status_code=204)


def _user(user: pb.User) -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email,
        "tenant_id": user.tenant_id,
        "is_staff": user.is_staff,
        "created_at": moment(user.create_time),
    }


def _key(key: pb.ApiKey) -> ApiKey:
    return ApiKey(
        id=key.id,
        name=key.name,
        key_preview=key.key_preview,
        is_active=key.is_active,
        last_used_at=moment_or_none(key.last_use_time),
        created_at=moment(key.create_time),
    )
