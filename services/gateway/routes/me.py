"""/api/auth/me/: deleting one's account, and exporting its data."""

from fastapi import APIRouter, Response
from starlette.responses import StreamingResponse

from services.gateway import account_data
from services.gateway.answers.envelope import BODY, headers, refusals
from services.gateway.gateway import AddressOf, CredentialOf, GatewayOf, TokenOf, documented, documented_token_only
from services.gateway.models.account_data import Proof
from services.gateway.requests.body import StrictBodyRoute

router = APIRouter(prefix="/api/auth/me", tags=["accounts"], route_class=StrictBodyRoute)


@router.delete(
    "/",
    status_code=204,
    responses=refusals(*BODY, 401, 403, 429),
    dependencies=documented_token_only,
    summary="Delete your account and all its data",
)
async def delete_me(body: Proof, token: TokenOf, gateway: GatewayOf, address: AddressOf) -> Response:
    """Ends your calls and deletes your account with its keys, characters and history.

    Your credentials stop working at once. When the data is too much for one request or a part of the service is away,
    the answer is 503; send the same request again to continue.
    """
    await account_data.delete(gateway, token, body.password, address)
    return Response(status_code=204)


@router.get(
    "/export/",
    response_class=StreamingResponse,
    responses={
        **refusals(401),
        200: {
            "description": "The rows of each service by collection. Secrets are masked or left out.",
            "content": {"application/json": {"schema": {"type": "object"}}},
            "headers": headers("Content-Disposition", "Cache-Control"),
        },
    },
    dependencies=documented,
    summary="Export all data of your account",
)
async def export_me(credential: CredentialOf, gateway: GatewayOf) -> Response:
    """Answers your account, your characters with all versions, and your calls with transcripts, as one JSON object."""
    pieces = await account_data.export(gateway, credential)
    sent = {"Content-Disposition": 'attachment; filename="callbox-export.json"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="application/json", headers=sent)
