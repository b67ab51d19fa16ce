"""What tests of one service have beside the common fixtures: the service, running."""

from tests.fixtures.accounts import accounts, accounts_channel, accounts_settings
from tests.fixtures.characters import characters, characters_channel
from tests.fixtures.livekit import livekit_server
from tests.fixtures.sessions import house, make_house

__all__ = [
    "accounts",
    "accounts_channel",
    "accounts_settings",
    "characters",
    "characters_channel",
    "house",
    "livekit_server",
    "make_house",
]
