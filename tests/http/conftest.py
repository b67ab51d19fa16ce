"""The real gateway over HTTP, with the real services behind it."""

import structlog

from tests.fixtures.livekit import livekit_server
from tests.fixtures.sessions import house, make_house, own_house, shared_house
from tests.fixtures.shared_stack import shared_stack
from tests.http.site import make_gateway, make_site, own_site, shared_site, site, web_dir

__all__ = [
    "house",
    "livekit_server",
    "make_gateway",
    "make_house",
    "make_site",
    "own_house",
    "own_site",
    "shared_house",
    "shared_site",
    "shared_stack",
    "site",
    "web_dir",
]

# Tracebacks with the locals of every frame take a second each to draw, while the gateway has half a second to answer.
_plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])
