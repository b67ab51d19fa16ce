"""/api/schema/ and /api/docs: the description of the API, for programs and for people."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from services.gateway.openapi import page

router = APIRouter()


@router.get("/api/schema/", include_in_schema=False)
async def schema(request: Request) -> Response:
    """The OpenAPI document."""
    return JSONResponse(request.app.openapi())


@router.get("/api/docs/", include_in_schema=False)
async def docs(request: Request) -> Response:
    """The OpenAPI document as a page to read."""
    return HTMLResponse(
        page.page(request.app.openapi()), headers={"Content-Security-Policy": page.CONTENT_SECURITY_POLICY}
    )
