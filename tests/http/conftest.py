"""The real gateway over HTTP, with the real services behind it."""

from tests.fixtures.deadlines import long_deadlines
from tests.fixtures.livekit import livekit_server
from tests.fixtures.sessions import house, make_house, own_house, shared_house
from tests.fixtures.shared_stack import shared_stack
from tests.http.site import make_gateway, make_site, own_site, shared_site, site, web_dir

__all__ = [
    "house",
    "livekit_server",
    "long_deadlines",
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
