"""How the parts of `callbox up` are connected."""

import os
from pathlib import Path

import pytest

from deploy.local.demo.shop import HOST as SHOP_HOST
from deploy.local.parts import build_parts, health_urls
from deploy.local.secret import Secrets
from deploy.local.stack import isolated

SHOP = f"{SHOP_HOST}/32"


@pytest.mark.parametrize("operators", ["", "10.1.0.0/16,hooks.internal"])
def test_only_those_that_send_requests_of_tools_may_connect_to_the_shop(tmp_path: Path, operators: str) -> None:
    environ = {**os.environ, **({"CALLBOX_OUTBOUND_ALLOW": operators} if operators else {})}
    parts = {each.name: each for each in build_parts(isolated(tmp_path), Secrets(tmp_path), environ, NAMES)}
    allowed = {name: part.environ.get("CALLBOX_OUTBOUND_ALLOW", "") for name, part in parts.items()}
    both = f"{operators},{SHOP}" if operators else SHOP
    others = dict.fromkeys(("accounts", "gateway", "shop"), "")
    assert allowed == {"agent": both, "characters": both, "sessions": operators, "knowledge": operators, **others}


def test_every_part_has_a_health_check(tmp_path: Path) -> None:
    settings = isolated(tmp_path)
    parts = build_parts(settings, Secrets(tmp_path), dict(os.environ))
    assert {part.name for part in parts} == set(health_urls(settings))


NAMES = ("accounts", "agent", "characters", "gateway", "knowledge", "sessions", "shop")
