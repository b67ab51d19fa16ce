"""The RPC handlers of `callbox.accounts.v1.AccountsService`."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import asyncpg
from callbox.accounts.v1 import accounts_pb2 as pb
from callbox.accounts.v1 import accounts_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from services.accounts import api_keys, messages, signup
from services.accounts.authentication import Authenticator
from services.accounts.client_address import Context, client_address
from services.accounts.key_usage import KeyUsage
from services.accounts.passwords import Passwords
from services.accounts.rates import Rates
from services.accounts.store import NewUser, Store
from services.accounts.tokens.access import AccessTokens
from services.accounts.tokens.issuer import TokenIssuer
from services.accounts.tokens.refresh import LIFE, RefreshToken, refused
from services.kit import paging
from services.kit.errors import CallboxError, Code, not_found, validation
from services.kit.identity import IDENTITY_TTL_SECONDS, Identity, Kind, Signer
from services.kit.ids import new_id
from services.kit.rpc.context import current_identity, current_user
from services.kit.times import timestamp

_MAX_CONCURRENT_SESSIONS = 1_000_000
_ID_MAX_CHARACTERS = 100


class AccountsService(accounts_pb2_grpc.AccountsServiceServicer):
    """Users, credentials, API keys and limits."""

    def __init__(
        self,
        store: Store,
        passwords: Passwords,
        access: AccessTokens,
        tokens: TokenIssuer,
        authenticator: Authenticator,
        rates: Rates,
        signer: Signer,
        usage: KeyUsage,
        *,
        default_concurrent_sessions: int,
        first_account_is_staff: bool,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._access = access
        self._tokens = tokens
        self._authenticator = authenticator
        self._rates = rates
        self._signer = signer
        self._usage = usage
        self._default_concurrent_sessions = default_concurrent_sessions
        self._first_account_is_staff = first_account_is_staff

    async def SignUp(self, request: pb.SignUpRequest, context: Context) -> pb.SignUpResponse:  # noqa: N802
        """Creates a user and a tenant for them."""
        signup.check(request.email, request.password)
        account = signup.email_key(request.email)
        await self._rates.sign_up(client_address(request.client_address, context), account)
        user = await self._store.add_user(
            NewUser(
                email=request.email,
                email_key=account,
                password_hash=await self._passwords.hash(request.password),
                tenant_id=new_id("ten"),
                concurrent_sessions=self._default_concurrent_sessions,
                staff_if_first=self._first_account_is_staff,
            )
        )
        if user is None:
            raise CallboxError(
                Code.CONFLICT, "An account with this e-mail exists; log in instead.", {"email": ["is taken"]}
            )
        return pb.SignUpResponse(user=messages.user(user), tokens=await self._tokens.sign_in(user["id"]))

    async def LogIn(self, request: pb.LogInRequest, context: Context) -> pb.TokenPair:  # noqa: N802
        """Exchanges e-mail and password for tokens."""
        address = client_address(request.client_address, context)
        return await self._tokens.sign_in(
            await self._authenticator.by_password(request.email, request.password, address)
        )

    async def RefreshTokens(self, request: pb.RefreshTokensRequest, context: Context) -> pb.TokenPair:  # noqa: N802
        """Rotates a refresh token."""
        await self._rates.refresh(client_address(request.client_address, context))
        used = RefreshToken.parse(request.refresh)
        next_token = RefreshToken.new(used.family)
        user_id = await self._store.rotate(used, next_token, LIFE)
        if user_id is None:
            expires_at = await self._store.revoke_family(used.family)
            if expires_at is not None and expires_at <= datetime.now(UTC):
                raise CallboxError(Code.TOKEN_EXPIRED, "The refresh token has expired; sign in again.")
            raise refused()
        return self._tokens.pair(user_id, next_token)

    async def LogOut(self, request: pb.LogOutRequest, context: Context) -> Empty:  # noqa: N802
        """Revokes the family of a refresh token. The answer is the same when there is none (RFC 7009)."""
        try:
            token = RefreshToken.parse(request.refresh)
        except CallboxError:
            return Empty()
        await self._store.revoke_family(token.family)
        return Empty()

    async def ExchangeCredential(  # noqa: N802
        self, request: pb.ExchangeCredentialRequest, context: Context
    ) -> pb.ExchangeCredentialResponse:
        """Exchanges a credential for an identity token."""
        by_key = request.WhichOneof("credential") == "api_key"
        if by_key:
            user = await self._store.user_of_key(api_keys.digest(request.api_key))
            if user is None:
                raise api_keys.refused()
            self._usage.record(user["key_id"])
        else:
            user = await self._existing_user((await self._access.read(request.access_token)).user_id)
        identity = Identity(
            Kind.USER, user_id=user["id"], tenant_id=user["tenant_id"], is_staff=user["is_staff"], by_key=by_key
        )
        token = self._signer.sign(identity)
        # In whole seconds, like the token's own expiry.
        expire_time = timestamp(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=IDENTITY_TTL_SECONDS))
        return pb.ExchangeCredentialResponse(identity_token=token, expire_time=expire_time)

    async def GetMe(self, request: pb.GetMeRequest, context: Context) -> pb.GetMeResponse:  # noqa: N802
        """Reads the user who sends the request."""
        user = await self._existing_user(current_user().user_id)
        return pb.GetMeResponse(user=messages.user(user), limits=await self._limits(user["tenant_id"]))

    async def CreateApiKey(  # noqa: N802
        self, request: pb.CreateApiKeyRequest, context: Context
    ) -> pb.CreateApiKeyResponse:
        """Creates an API key; its value is in this answer only."""
        user_id = _key_owner()
        if faults := api_keys.name_faults(request.name):
            raise validation({"name": faults})
        value = api_keys.new_value()
        row = await self._store.add_key(
            new_id("key"),
            user_id,
            request.name,
            api_keys.digest(value),
            api_keys.preview(value),
            request.is_active if request.HasField("is_active") else True,
        )
        if row is None:
            raise _being_deleted()
        return pb.CreateApiKeyResponse(api_key=messages.api_key(row), value=value)

    async def ListApiKeys(  # noqa: N802
        self, request: pb.ListApiKeysRequest, context: Context
    ) -> pb.ListApiKeysResponse:
        """Lists the user's API keys, newest first."""
        user_id = _key_owner()
        size = paging.page_size(request.page_size)
        await self._usage.flush()
        rows = await self._store.keys(user_id, paging.number_below(request.page_token), size + 1)
        next_token = paging.token_after(rows[size - 1]["seq"]) if len(rows) > size else ""
        return pb.ListApiKeysResponse(api_keys=map(messages.api_key, rows[:size]), next_page_token=next_token)

    async def UpdateApiKey(self, request: pb.UpdateApiKeyRequest, context: Context) -> pb.ApiKey:  # noqa: N802
        """Changes an API key's name or activity."""
        user_id = _key_owner()
        paths = _paths(request.update_mask.paths, "name", "is_active")
        if "name" in paths and (faults := api_keys.name_faults(request.api_key.name)):
            raise validation({"name": faults})
        await self._usage.flush()
        row = await self._store.change_key(
            _checked_id(request.api_key.id, "API key"),
            user_id,
            request.api_key.name if "name" in paths else None,
            request.api_key.is_active if "is_active" in paths else None,
        )
        if row is None:
            raise not_found("API key")
        return messages.api_key(row)

    async def DeleteApiKey(self, request: pb.DeleteApiKeyRequest, context: Context) -> Empty:  # noqa: N802
        """Deletes an API key."""
        user_id = _key_owner()
        if not await self._store.delete_key(_checked_id(request.id, "API key"), user_id):
            raise not_found("API key")
        return Empty()

    async def GetTenantLimits(  # noqa: N802
        self, request: pb.GetTenantLimitsRequest, context: Context
    ) -> pb.TenantLimits:
        """Reads a tenant's limits."""
        if current_identity().kind is not Kind.SERVICE:
            raise CallboxError(Code.PERMISSION_DENIED, "Only services may read a tenant's limits; use `me` for yours.")
        return await self._limits(_checked_id(request.tenant_id, "Tenant"))

    async def UpdateTenantLimits(  # noqa: N802
        self, request: pb.UpdateTenantLimitsRequest, context: Context
    ) -> pb.TenantLimits:
        """Sets a tenant's limits."""
        identity = current_identity()
        if identity.kind is not Kind.SERVICE and not identity.is_staff:
            if identity.kind is Kind.USER and identity.tenant_id != request.limits.tenant_id:
                raise not_found("Tenant")
            raise CallboxError(Code.PERMISSION_DENIED, "Only staff may change a tenant's limits; ask the operator.")
        tenant_id, limit = _checked_id(request.limits.tenant_id, "Tenant"), request.limits.concurrent_sessions
        if "concurrent_sessions" in _paths(request.update_mask.paths, "concurrent_sessions"):
            if not 0 <= limit <= _MAX_CONCURRENT_SESSIONS:
                raise validation({"concurrent_sessions": [f"must be from 0 to {_MAX_CONCURRENT_SESSIONS:,}"]})
            if not await self._store.set_concurrent_sessions(tenant_id, limit):
                raise not_found("Tenant")
        return await self._limits(tenant_id)

    async def _existing_user(self, user_id: int) -> asyncpg.Record:
        user = await self._store.user(user_id)
        if user is None:
            raise CallboxError(Code.NOT_AUTHENTICATED, "This account does not exist any more; sign up again.")
        if user["deleting_at"] is not None:
            raise _being_deleted()
        return user

    async def _limits(self, tenant_id: str) -> pb.TenantLimits:
        limit = await self._store.concurrent_sessions(tenant_id)
        if limit is None:
            raise not_found("Tenant")
        return pb.TenantLimits(tenant_id=tenant_id, concurrent_sessions=limit)


def _being_deleted() -> CallboxError:
    """The error for a request of an account that is being deleted."""
    return CallboxError(
        Code.NOT_AUTHENTICATED, "This account is being deleted; repeat DELETE /api/auth/me/ to complete it."
    )


def _key_owner() -> int:
    """The id of the user, who must use a token: an API key cannot manage API keys."""
    identity = current_user()
    if identity.by_key:
        raise CallboxError(Code.PERMISSION_DENIED, "API keys cannot manage API keys; sign in and use the access token.")
    return identity.user_id


def _paths(asked: Iterable[str], *known: str) -> set[str]:
    """The fields that an update mask names.

    Raises: CallboxError `validation_failed` for one that cannot be changed.
    """
    paths = set(asked)
    if unknown := sorted(paths - set(known)):
        raise validation({name: [f"cannot be changed; only {' and '.join(known)} can"] for name in unknown})
    return paths


def _checked_id(given: str, what: str) -> str:
    """The id, if it has the form of one. Raises: CallboxError `not_found`."""
    if len(given) > _ID_MAX_CHARACTERS or not given.isprintable():
        raise not_found(what)
    return given
