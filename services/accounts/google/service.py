"""The RPC handlers of sign-in with Google."""

from callbox.accounts.v1 import accounts_pb2, google_pb2_grpc
from callbox.accounts.v1 import google_pb2 as pb

from services.accounts import signup
from services.accounts.authentication import Authenticator
from services.accounts.client_address import Context, client_address
from services.accounts.google.oidc_client import OidcClient, Profile
from services.accounts.rates import Rates
from services.accounts.store import NewUser, Store
from services.accounts.tokens.issuer import TokenIssuer
from services.kit.errors import CallboxError, Code
from services.kit.ids import new_id

_SUBJECT_MAX_CHARACTERS = 255


class GoogleService(google_pb2_grpc.GoogleServiceServicer):
    """Signs in users of Google.

    An account that was made with a password is not given to the Google user with the same e-mail, since nothing shows
    that they are the same person. Its user links the two with the password.
    """

    def __init__(
        self,
        store: Store,
        client: OidcClient,
        tokens: TokenIssuer,
        authenticator: Authenticator,
        rates: Rates,
        *,
        default_concurrent_sessions: int,
        first_account_is_staff: bool,
    ) -> None:
        self._store = store
        self._client = client
        self._tokens = tokens
        self._authenticator = authenticator
        self._rates = rates
        self._default_concurrent_sessions = default_concurrent_sessions
        self._first_account_is_staff = first_account_is_staff

    async def BeginGoogleSignIn(  # noqa: N802
        self, request: pb.BeginGoogleSignInRequest, context: Context
    ) -> pb.BeginGoogleSignInResponse:
        """Starts a sign-in; the URL to send the browser to."""
        self._client.require_configured()
        link_to = 0
        if request.access_token:
            address = client_address(request.client_address, context)
            link_to = (await self._authenticator.reauthenticate(request.access_token, request.password, address))["id"]
        begun = await self._client.begin(link_to)
        return pb.BeginGoogleSignInResponse(
            authorization_url=begun.url, transaction=begun.transaction, secure=begun.secure
        )

    async def FinishGoogleSignIn(  # noqa: N802
        self, request: pb.FinishGoogleSignInRequest, context: Context
    ) -> accounts_pb2.TokenPair:
        """Completes a sign-in; the tokens."""
        self._client.require_configured()
        await self._rates.google(client_address(request.client_address, context))
        profile = await self._client.finish(request.code, request.state, request.transaction)
        if len(profile.subject) > _SUBJECT_MAX_CHARACTERS or not profile.subject.isprintable():
            raise CallboxError(Code.NOT_AUTHENTICATED, "Google did not confirm this sign-in; begin again.")
        return await self._tokens.sign_in(await self._user_of(profile))

    async def _user_of(self, profile: Profile) -> int:
        issuer = self._client.issuer
        known = await self._store.user_of_external(issuer, profile.subject)
        if profile.link_to and known is None:
            if not await self._store.add_external(issuer, profile.subject, profile.link_to):
                raise _taken()
            return profile.link_to
        if known is not None:
            if profile.link_to not in (0, known):
                raise _taken()
            return known
        if signup.faults_of(profile.email):
            raise CallboxError(Code.PERMISSION_DENIED, "Google's e-mail address for you cannot be used here.")
        made = await self._store.add_user(
            NewUser(
                email=profile.email,
                email_key=signup.email_key(profile.email),
                password_hash=None,
                tenant_id=new_id("ten"),
                concurrent_sessions=self._default_concurrent_sessions,
                staff_if_first=self._first_account_is_staff,
                external=(issuer, profile.subject),
            )
        )
        if made is not None:
            user_id: int = made["id"]
            return user_id
        # The same user may have completed two sign-ins at once.
        known = await self._store.user_of_external(issuer, profile.subject)
        if known is None:
            raise CallboxError(
                Code.CONFLICT,
                "An account with this e-mail exists; log in with its password, then link Google at "
                "/api/auth/google/link/.",
                {"email": ["is taken"]},
            )
        return known


def _taken() -> CallboxError:
    return CallboxError(Code.CONFLICT, "This Google account signs in to another account here; use that one.")
