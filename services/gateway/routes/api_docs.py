"""/api/schema/ and /api/docs/: the OpenAPI document, and Redoc, which shows it to people."""

import asyncio
import re
from html import escape
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount

from services.gateway.built_files import NOT_BUILT, RETRY_SECONDS, REVALIDATE, BuiltFiles

# Redoc needs: empty <style> elements that it fills by script (the first digest), the style sheet of its scroll bar (the
# second digest, of Redoc 2.5.4), icons in data: URLs, and a worker from a blob for its search.
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; worker-src blob:; "
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# Words in backticks become code.
_MESSAGE = re.sub("`([^`]+)`", r"<code>\1</code>", escape(NOT_BUILT))
_NOT_BUILT_PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Callbox API</title></head><body>
<h1>Callbox API</h1><p>{_MESSAGE}</p>
<p>The OpenAPI document is at <a href="/api/schema/">/api/schema/</a>.</p></body></html>
"""
_FOLDER = "api-docs"
_PAGE = "index.html"


def api_docs_routes(web_dir: Path) -> APIRouter:
    """The routes of the document, and of the page that the web build wrote to `web_dir`."""
    router = APIRouter()
    folder = web_dir / _FOLDER
    files = BuiltFiles(folder, REVALIDATE)
    document = _Document()

    @router.get("/api/schema/", include_in_schema=False)
    async def schema(request: Request) -> Response:
        """The OpenAPI document."""
        return Response(await document.rendered(request.app), media_type="application/json")

    @router.get("/api/docs/", include_in_schema=False)
    async def docs(request: Request) -> Response:
        """The page that shows it."""
        if not folder.is_dir():
            return HTMLResponse(_NOT_BUILT_PAGE, 503, headers={"Retry-After": str(RETRY_SECONDS)})
        response = await files.get_response(_PAGE, dict(request.scope))
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    router.routes.append(Mount("/widget/api-docs", files, name="API page"))
    return router


class _Document:
    """The OpenAPI document as JSON. It is made at the first request, since few gateways are asked for it."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._json = b""

    async def rendered(self, app: FastAPI) -> bytes:
        """The document. Makes it in a thread: that takes longer than an event loop may be blocked."""
        async with self._lock:
            self._json = self._json or await asyncio.to_thread(lambda: bytes(JSONResponse(app.openapi()).body))
        return self._json
