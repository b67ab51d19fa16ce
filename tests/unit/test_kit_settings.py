"""Settings: read once, frozen, unknown ones named."""

import os
from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from services.kit.settings import ServiceSettings, SettingsError


class ExampleSettings(ServiceSettings):
    """Settings of a service of this test."""

    database_url: str = Field(repr=False)
    limit: int = Field(default=3, ge=1)


URL = {"CALLBOX_DATABASE_URL": "postgresql://x"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CALLBOX_"):
            monkeypatch.delenv(name)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBOX_DATABASE_URL", "postgresql://y")
    monkeypatch.setenv("CALLBOX_LIMIT", "7")
    settings = ExampleSettings.load()
    assert (settings.database_url, settings.limit) == ("postgresql://y", 7)


def test_a_mapping_is_read_in_place_of_the_environment() -> None:
    settings = ExampleSettings.load({**URL, "CALLBOX_DATA_DIR": "/data", "HOME": "/root"})
    assert (settings.data_dir, settings.limit, settings.log_format) == (Path("/data"), 3, "json")


def test_settings_are_frozen() -> None:
    settings = ExampleSettings.load(URL)
    with pytest.raises(ValidationError):
        settings.limit = 5  # type: ignore[misc]


def test_an_unknown_variable_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(SettingsError, match=r"CALLBOX_LIMITS is not a setting.*nearest is CALLBOX_LIMIT\b"):
        ExampleSettings.load({**URL, "CALLBOX_LIMITS": "5"})
    with pytest.raises(SettingsError, match="nearest is CALLBOX_DATABASE_URL"):
        ExampleSettings.load({"CALLBOX_DATABSE_URL": "postgresql://x"})


def test_all_unknown_variables_are_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"CALLBOX_ONE.*CALLBOX_TWO"):
        ExampleSettings.load({**URL, "CALLBOX_TWO": "2", "CALLBOX_ONE": "1", "OTHER": "ignored"})


def test_a_bad_or_missing_value_is_named_by_its_variable() -> None:
    with pytest.raises(SettingsError, match=r"CALLBOX_LIMIT.*greater than or equal to 1"):
        ExampleSettings.load({**URL, "CALLBOX_LIMIT": "0"})
    with pytest.raises(SettingsError, match=r"CALLBOX_DATABASE_URL.*required"):
        ExampleSettings.load({})


def test_a_fault_does_not_show_the_value() -> None:
    with pytest.raises(SettingsError) as caught:
        ExampleSettings.load({**URL, "CALLBOX_LIMIT": "my-secret"})
    assert "my-secret" not in str(caught.value)
    assert "postgresql" not in repr(ExampleSettings.load(URL))
