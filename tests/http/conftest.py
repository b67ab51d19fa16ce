"""The real gateway over HTTP, with the real services behind it."""

from tests.fixtures.livekit import livekit_server
from tests.fixtures.sessions import house, make_house
from tests.http.site import make_site, site, web_dir

__all__ = ["house", "livekit_server", "make_house", "make_site", "site", "web_dir"]
