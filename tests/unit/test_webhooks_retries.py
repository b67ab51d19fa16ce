"""Contract 14.11: when a webhook is tried again, and how it is signed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from services.gateway.models.webhook import WebhookEvent
from services.sessions.webhooks import signing
from services.sessions.webhooks.event_types import EVENT_TYPES
from services.sessions.webhooks.retries import GIVE_UP_AFTER, next_attempt

_FIRST = timedelta(seconds=5)
_BEGAN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_ENDS = _BEGAN + GIVE_UP_AFTER


def attempts(chance: float) -> list[datetime]:
    """Moments of all attempts when each fails at once."""
    moments = [_BEGAN]
    while (following := next_attempt(len(moments), moments[-1], _ENDS, first_pause=_FIRST, chance=chance)) is not None:
        moments.append(following)
    return moments


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_attempts_spread_over_a_day_and_then_end(chance: float) -> None:
    moments = attempts(chance)
    assert moments[-1] == _ENDS
    assert 10 <= len(moments) <= 18
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert timedelta(seconds=4) <= pauses[0] <= timedelta(seconds=6)
    assert all(later >= earlier for earlier, later in pairwise(pauses[:-1]))
    assert max(pauses) <= timedelta(hours=4) * 1.2


def test_chance_moves_a_pause_by_a_fifth_either_way() -> None:
    pauses = [next_attempt(1, _BEGAN, _ENDS, first_pause=_FIRST, chance=chance) for chance in (0.0, 0.5, 1.0)]
    assert pauses == [_BEGAN + timedelta(seconds=seconds) for seconds in (4, 5, 6)]


def test_a_receiver_may_ask_for_a_longer_pause_but_not_for_a_shorter_or_endless_one() -> None:
    def asked(pause: timedelta) -> datetime | None:
        return next_attempt(1, _BEGAN, _ENDS, first_pause=_FIRST, chance=0.5, asked_pause=pause)

    assert asked(timedelta(seconds=1)) == _BEGAN + timedelta(seconds=5)
    assert asked(timedelta(minutes=2)) == _BEGAN + timedelta(minutes=2)
    assert asked(timedelta(days=9)) == _BEGAN + timedelta(hours=4)


def test_after_very_many_tries_nothing_overflows() -> None:
    following = next_attempt(100_000, _BEGAN, _ENDS, first_pause=_FIRST, chance=0.5)
    assert following == _BEGAN + timedelta(hours=4)


def test_every_key_signs_and_none_other() -> None:
    old, new, other = (signing.new_secret() for _ in range(3))
    body = '{"type":"session.ended"}'
    headers = signing.headers("msg_1", body, datetime.now(UTC), [new, old])
    assert headers["webhook-id"] == "msg_1"
    assert len(headers["webhook-signature"].split(" ")) == 2
    for key in (old, new):
        assert Webhook(key).verify(body, headers) == {"type": "session.ended"}
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body + " ", headers)


def test_the_api_knows_the_kinds_that_are_sent() -> None:
    assert get_args(WebhookEvent) == EVENT_TYPES


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {signing.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith("whsec_") and len(secret) == 50 for secret in secrets)
