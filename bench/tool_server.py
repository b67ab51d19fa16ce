"""A server for http tools that answers as late as the request says. Runs in a thread of its own."""

import asyncio
import socket
import threading
import time

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

RESULT = {"opens": "nine"}
PATH = "/hours"
LONGEST_SECONDS = 60.0
_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_GRACE_SECONDS = 1
_POLL_SECONDS = 0.01


class ToolServer:
    """Answers `POST /hours` with `RESULT` after the seconds in the body's `delay`. A context manager."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        app = Starlette(routes=[Route(PATH, self._answer, methods=["POST"])])
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=_GRACE_SECONDS)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="tool-server")

    @property
    def url(self) -> str:
        """The address for a tool's configuration."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}{PATH}"

    def __enter__(self) -> "ToolServer":
        self._thread.start()
        until = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise RuntimeError("the server for tools did not start")
            time.sleep(_POLL_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._socket.close()

    async def _answer(self, request: Request) -> Response:
        delay = float((await request.json())["delay"])
        if delay:
            await asyncio.sleep(min(delay, LONGEST_SECONDS))
        return JSONResponse(RESULT)
