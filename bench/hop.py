"""The bare hop that the gateway is compared with: FastAPI with one model, one unary RPC by grpc.aio, and nothing else.

`python -m bench.hop service PORT` and `python -m bench.hop gateway PORT SERVICE_PORT`.
"""

import sys
from typing import Any

import grpc
import uvicorn
import uvloop
from callbox.sessions.v1 import sessions_pb2 as pb
from callbox.sessions.v1 import sessions_pb2_grpc
from fastapi import FastAPI
from pydantic import BaseModel

PATH = "/hop/"
_HOST = "127.0.0.1"


class Asked(BaseModel):
    """The body: the least that the start of a session needs."""

    agent: str
    language: str | None = None
    metadata: dict[str, Any] | None = None


class Answered(BaseModel):
    """The answer."""

    session_id: str


class Service(sessions_pb2_grpc.SessionsServiceServicer):
    """Answers at once."""

    async def GetSession(self, request: pb.GetSessionRequest, context: Any) -> pb.Session:  # noqa: N802
        """A session of that name."""
        return pb.Session(session_id=request.session_id)


async def service(port: int) -> None:
    """Serves the RPC."""
    server = grpc.aio.server()
    sessions_pb2_grpc.add_SessionsServiceServicer_to_server(Service(), server)  # type: ignore[abstract]  # one RPC is enough
    server.add_insecure_port(f"{_HOST}:{port}")
    await server.start()
    await server.wait_for_termination()


def gateway(service_port: int) -> FastAPI:
    """The HTTP side."""
    app = FastAPI(
        openapi_url=None, telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
    )
    stub: list[Any] = []

    @app.post(PATH)
    async def hop(asked: Asked) -> Answered:
        if not stub:
            stub.append(sessions_pb2_grpc.SessionsServiceStub(grpc.aio.insecure_channel(f"{_HOST}:{service_port}")))
        found = await stub[0].GetSession(pb.GetSessionRequest(session_id=asked.agent), timeout=5.0)
        return Answered(session_id=found.session_id)

    return app


def main(words: list[str]) -> None:
    """Runs one side until the process is stopped."""
    if words[0] == "service":
        uvloop.run(service(int(words[1])))
        return
    app = gateway(int(words[2]))
    config = uvicorn.Config(app, host=_HOST, port=int(words[1]), log_config=None, access_log=False, lifespan="off")
    uvloop.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main(sys.argv[1:])
