"""/api/auth/google/: the browser's part of signing in with Google; the rest is done by accounts."""

from typing import Annotated

from callbox.accounts.v1 import google_pb2 as pb
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.answers import errors
from services.gateway.answers.envelope import BODY, refusals, secret
from services.gateway.gateway import AddressOf, GatewayOf, TokenOf, documented_token_only
from services.gateway.models.account import Tokens
from services.gateway.models.account_data import Linking, Proof
from services.gateway.requests.body import StrictBodyRoute
from services.kit.errors import CallboxError
from services.kit.rpc.client import call

router = APIRouter(prefix="/api/auth/google", tags=["accounts"], route_class=StrictBodyRoute)
# Holds what the callback needs, encrypted by accounts; so nothing is kept on our side.
COOKIE = "callbox_google"
_COOKIE_SECONDS = 600
_COOKIE_PATH = "/api/auth/google/"
_NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_Given = Annotated[str, Query(max_length=4_096, description="As the provider gave it to the browser.")]


@router.get(
    "/",
    status_code=302,
    response_class=RedirectResponse,
    responses={**secret(302), **refusals(404)},
    summary="Sign in with Google",
)
async def google(gateway: GatewayOf) -> Response:
    """Sends the browser to Google, where sign-in with Google is configured."""
    begun = await call(
        gateway.backends.google.BeginGoogleSignIn,
        pb.BeginGoogleSignInRequest(),
        identity=gateway.signer.service_token(),
    )
    response = RedirectResponse(begun.authorization_url, 302, headers=_NOT_KEPT)
    _remember(response, begun)
    return response


@router.get(
    "/callback/",
    response_model=Tokens,
    responses={**secret(), **refusals(400, 401, 403, 404, 409, 422, 429)},
    summary="Come back from Google",
)
async def callback(
    request: Request, gateway: GatewayOf, address: AddressOf, code: _Given = "", state: _Given = ""
) -> Response:
    """Exchanges the code that Google gave to the browser for tokens. Only the browser that was sent away may."""
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
        response = Response(tokens.model_dump_json(), media_type="application/json", headers=_NOT_KEPT)
    except CallboxError as error:
        response = errors.answer(error)
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, _COOKIE_PATH)
    return response


@router.post(
    "/link/",
    responses={**secret(), **refusals(*BODY, 401, 403, 404, 429)},
    dependencies=documented_token_only,
    summary="Link Google to one's account",
)
async def link(body: Proof, response: Response, token: TokenOf, gateway: GatewayOf, address: AddressOf) -> Linking:
    """Answers where to send this browser; the Google account it comes back with signs in to the account that asks."""
    begun = await call(
        gateway.backends.google.BeginGoogleSignIn,
        pb.BeginGoogleSignInRequest(access_token=token, password=body.password, client_address=address),
        identity=gateway.signer.service_token(),
    )
    _remember(response, begun)
    response.headers.update(_NOT_KEPT)
    return Linking(authorization_url=begun.authorization_url)


def _remember(response: Response, begun: pb.BeginGoogleSignInResponse) -> None:
    response.set_cookie(
        COOKIE,
        begun.transaction,
        max_age=_COOKIE_SECONDS,
        path=_COOKIE_PATH,
        secure=begun.secure,
        httponly=True,
        samesite="lax",
    )
