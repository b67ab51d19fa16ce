"""/api/auth/google/: the redirects and the cookie of signing in with Google. Accounts does the rest."""

from typing import Annotated

from callbox.accounts.v1 import google_pb2 as pb
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.answers import errors
from services.gateway.answers.envelope import BODY, refusals, uncacheable
from services.gateway.gateway import AddressOf, GatewayOf, TokenOf, documented_token_only
from services.gateway.models.account import Tokens
from services.gateway.models.account_data import Linking, Proof
from services.gateway.requests.body import StrictBodyRoute
from services.kit.errors import CallboxError
from services.kit.rpc.client import call

router = APIRouter(prefix="/api/auth/google", tags=["accounts"], route_class=StrictBodyRoute)
# Holds what the callback needs, encrypted by accounts, so the gateway stores nothing.
COOKIE = "callbox_google"
_COOKIE_SECONDS = 600
_COOKIE_PATH = "/api/auth/google/"
_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_Given = Annotated[str, Query(max_length=4_096, description="As Google gave it to the browser.")]


@router.get(
    "/",
    status_code=302,
    response_class=RedirectResponse,
    responses={**uncacheable(302), **refusals(404)},
    summary="Sign in with Google",
)
async def google(gateway: GatewayOf) -> Response:
    """Redirects the browser to Google. Works only where the operator has configured sign-in with Google."""
    begun = await call(
        gateway.backends.google.BeginGoogleSignIn,
        pb.BeginGoogleSignInRequest(),
        identity=gateway.signer.service_token(),
    )
    response = RedirectResponse(begun.authorization_url, 302, headers=_NO_STORE)
    _set_cookie(response, begun)
    return response


@router.get(
    "/callback/",
    response_model=Tokens,
    responses={**uncacheable(), **refusals(400, 401, 403, 404, 409, 422, 429)},
    summary="Finish sign-in with Google",
)
async def callback(
    request: Request, gateway: GatewayOf, address: AddressOf, code: _Given = "", state: _Given = ""
) -> Response:
    """Exchanges the code from Google for tokens. Works only in the browser that began the sign-in."""
    response: Response
    try:
        pair = await call(
            gateway.backends.google.FinishGoogleSignIn,
            pb.FinishGoogleSignInRequest(
                code=code, state=state, transaction=request.cookies.get(COOKIE, ""), client_address=address
            ),
            identity=gateway.signer.service_token(),
        )
        tokens = Tokens(access=pair.access, refresh=pair.refresh)
        response = Response(tokens.model_dump_json(), media_type="application/json", headers=_NO_STORE)
    except CallboxError as error:
        response = errors.error_response(error)
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, _COOKIE_PATH)
    return response


@router.post(
    "/link/",
    responses={**uncacheable(), **refusals(*BODY, 401, 403, 404, 429)},
    dependencies=documented_token_only,
    summary="Link Google to your account",
)
async def link(body: Proof, response: Response, token: TokenOf, gateway: GatewayOf, address: AddressOf) -> Linking:
    """Answers the address to open in this browser. The Google account chosen there can then log in to your account."""
    begun = await call(
        gateway.backends.google.BeginGoogleSignIn,
        pb.BeginGoogleSignInRequest(access_token=token, password=body.password, client_address=address),
        identity=gateway.signer.service_token(),
    )
    _set_cookie(response, begun)
    response.headers.update(_NO_STORE)
    return Linking(authorization_url=begun.authorization_url)


def _set_cookie(response: Response, begun: pb.BeginGoogleSignInResponse) -> None:
    response.set_cookie(
        COOKIE,
        begun.transaction,
        max_age=_COOKIE_SECONDS,
        path=_COOKIE_PATH,
        secure=begun.secure,
        httponly=True,
        samesite="lax",
    )
