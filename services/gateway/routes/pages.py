"""/try/{slug} and /widget/assets/*: the page that calls a character, as the web build made it."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.routing import Mount

from services.gateway.built_files import FOREVER, REVALIDATE, BuiltFiles

_POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss: http: https:; media-src 'self' blob:; "
    "img-src 'self' data: https:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
)
_PAGE = "try.html"


def page_routes(web_dir: Path) -> APIRouter:
    """The routes of the pages that Vite wrote to `web_dir`."""
    router = APIRouter()
    pages = BuiltFiles(web_dir, REVALIDATE)

    @router.get("/try/{slug}/", include_in_schema=False)
    async def try_page(request: Request, slug: str) -> Response:
        """The page that calls a character."""
        response = await pages.get_response(_PAGE, dict(request.scope))
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
        return response

    # Vite puts a digest of the content into the name of every asset.
    router.routes.append(Mount("/widget/assets", BuiltFiles(web_dir / "assets", FOREVER), name="widget assets"))
    return router
