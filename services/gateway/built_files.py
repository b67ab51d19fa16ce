"""Files that the web build wrote to a folder. The folder may be built, or built again, while the gateway runs."""

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from services.kit.errors import CallboxError, Code

# For a file whose name holds a digest of its content.
FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
NOT_BUILT = (
    "The web pages are not built yet; run `npm ci && npm run build` in the folder `web`, or set CALLBOX_WEB_DIR to "
    "where they are."
)
RETRY_SECONDS = 30


class BuiltFiles(StaticFiles):
    """The files of a folder, with a `Cache-Control`. The folder may be missing."""

    def __init__(self, folder: Path, cache_control: str) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._folder = folder
        self._cache_control = cache_control

    async def check_config(self) -> None:
        """Does nothing: `get_response` checks the folder at each request."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file.

        Raises: CallboxError `upstream_unavailable` while the folder is missing.
        """
        if not self._folder.is_dir():
            raise CallboxError(Code.UPSTREAM_UNAVAILABLE, NOT_BUILT, retry_after_seconds=RETRY_SECONDS)
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = self._cache_control
        return response
