"""/try/{slug} and /widget/assets/*: the built web pages, from a folder."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from services.kit.errors import CallboxError, Code

# Vite puts a digest of the content in the name of every asset.
_FOREVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"
_POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss: http: https:; media-src 'self' blob:; "
    "img-src 'self' data: https:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'"
)
_PAGE = "try.html"


def page_routes(web_dir: Path) -> APIRouter:
    """The routes over what Vite wrote to `web_dir`; it may be built, and built again, while they serve."""
    router = APIRouter()
    pages = _BuiltFiles(web_dir, _ASK_EACH_TIME)

    @router.get("/try/{slug}/", include_in_schema=False)
    async def try_page(request: Request, slug: str) -> Response:
        """The page that calls a character."""
        response = await pages.get_response(_PAGE, dict(request.scope))
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
        return response

    router.routes.append(Mount("/widget/assets", _BuiltFiles(web_dir / "assets", _FOREVER), name="widget assets"))
    return router


class _BuiltFiles(StaticFiles):
    """Files of a folder that may not be there yet."""

    def __init__(self, folder: Path, caching: str) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._folder = folder
        self._caching = caching

    async def check_config(self) -> None:
        """Leaves it to each request whether the folder is there."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept.

        Raises: CallboxError `upstream_unavailable` while nothing is built.
        """
        if not self._folder.is_dir():
            raise CallboxError(
                Code.UPSTREAM_UNAVAILABLE,
                "The web pages are not built yet; run `npm ci && npm run build` in the folder `web`, or set "
                "CALLBOX_WEB_DIR to where they are.",
                retry_after_seconds=30,
            )
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = self._caching
        return response
