"""The server of the demo's shop: it tells `booking-bot` where an order is, as a customer's own server would.

python -m deploy.local.demo.shop PORT SECRET_FILE

It listens on a loopback address of its own. The services may connect to this address alone, and no other part listens
on it, so that no URL of a customer leads to the other parts.
"""

import asyncio
import hmac
import re
import signal
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.kit.ops import HttpServer, ops_server

HOST = "127.0.0.80"
SECRET_HEADER = "X-Shop-Secret"  # noqa: S105 - the name of the header
ORDERS_PATH = "/orders"
_NUMBER = re.compile(r"[0-9]{1,9}\Z")

# Number → product, state, days from today to the arrival.
_ORDERS = {
    1001: ("Aurora floor lamp", "sent", 1),
    1002: ("Halo desk lamp", "being packed", 3),
    1003: ("Comet ceiling lamp", "delivered", -2),
}


def base_url(port: int) -> str:
    """Where the shop answers."""
    return f"http://{HOST}:{port}"


def is_at(url: str) -> bool:
    """Whether a URL leads to the shop, at whatever port."""
    return url.startswith(f"http://{HOST}:")


def order(number: int, today: date) -> dict[str, Any] | None:
    """What the shop tells about an order; None if it does not know the number."""
    if number not in _ORDERS:
        return None
    product, state, days = _ORDERS[number]
    arrival = today + timedelta(days=days)
    when = "arrived_on" if days < 0 else "arrives_on"
    return {"number": number, "product": product, "state": state, when: f"{arrival:%A}, {arrival.isoformat()}"}


def shop_server(port: int, secret: str, host: str = HOST) -> HttpServer:
    """The server. secret: what a request must have in the header `X-Shop-Secret`."""

    async def orders(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return JSONResponse({"message": f"The header {SECRET_HEADER} does not have the shop's secret."}, 401)
        number = request.query_params.get("number", "")
        if not _NUMBER.match(number):
            return JSONResponse({"message": "number must be the number of an order, such as 1001."}, 422)
        found = order(int(number), datetime.now().astimezone().date())
        if found is None:
            return JSONResponse({"message": f"There is no order {int(number)}."}, 404)
        return JSONResponse(found)

    return ops_server(f"{host}:{port}", routes=[Route(ORDERS_PATH, orders)])


async def _serve(port: int, secret: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = shop_server(port, secret)
    await server.start()
    print(f"serving at {base_url(port)}", flush=True)
    await stop.wait()
    await server.stop()


def main(words: Sequence[str]) -> None:
    """Serves until SIGTERM or SIGINT."""
    port, secret_file = words
    asyncio.run(_serve(int(port), Path(secret_file).read_text().strip()))


if __name__ == "__main__":
    main(sys.argv[1:])
