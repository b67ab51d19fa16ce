"""The real gateway over HTTP, with the real services behind it."""

import structlog

from tests.fixtures.livekit import livekit_server
from tests.fixtures.sessions import house, make_house
from tests.http.site import make_site, site, web_dir

__all__ = ["house", "livekit_server", "make_house", "make_site", "site", "web_dir"]

# Tracebacks with the locals of every frame take a second each to draw, while the gateway has half a second to answer.
_plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])
