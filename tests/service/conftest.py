"""What tests of one service have beside the common fixtures: the service, running."""

from tests.fixtures.accounts import (
    accounts,
    accounts_channel,
    accounts_settings,
    hasher,
    own_accounts_channel,
    shared_accounts_channel,
)
from tests.fixtures.characters import (
    characters,
    characters_channel,
    own_characters_channel,
    shared_characters_channel,
)
from tests.fixtures.deadlines import long_deadlines
from tests.fixtures.livekit import livekit_server
from tests.fixtures.outbound import loopback_names
from tests.fixtures.reaper_passes import past
from tests.fixtures.sessions import house, make_house, own_house, shared_house
from tests.fixtures.shared_stack import shared_stack

__all__ = [
    "accounts",
    "accounts_channel",
    "accounts_settings",
    "characters",
    "characters_channel",
    "hasher",
    "house",
    "livekit_server",
    "long_deadlines",
    "loopback_names",
    "make_house",
    "own_accounts_channel",
    "own_characters_channel",
    "own_house",
    "past",
    "shared_accounts_channel",
    "shared_characters_channel",
    "shared_house",
    "shared_stack",
]
