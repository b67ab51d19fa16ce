"""Every setting in the documentation is read by the code of its service, or by what all services share."""

import re
from pathlib import Path

import pytest

from deploy.local.environment import SERVICES, variables_of
from services.kit.settings import PREFIX

_SERVICES = Path(__file__).parents[2] / "services"


def _code(service: str) -> str:
    folder = _SERVICES.joinpath(*service.split("."))
    own = [path for path in folder.rglob("*.py") if service != "characters" or "knowledge" not in path.parts]
    return "\n".join(path.read_text() for path in [*own, *(_SERVICES / "kit").rglob("*.py")])


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_is_read(service: str) -> None:
    # By whom it is given, or by a property of the settings class itself.
    read = set(re.findall(r"(?:[sS]ettings(?:\(\))?|(?<!\w)self)\.([a-z]\w*)", _code(service)))
    unread = {name for name in variables_of(service) if name.removeprefix(PREFIX).lower() not in read}
    assert not unread, f"nobody in {service} reads {', '.join(sorted(unread))}: use it, or take it out of its settings"
