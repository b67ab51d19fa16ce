import pytest

from deploy.local.environment import (
    SERVICES,
    WIRED,
    base_environment,
    read_settings,
    service_environment,
    variables_of,
)
from deploy.local.settings import LocalSettings
from services.kit.settings import SettingsError


def test_an_unknown_variable_names_the_nearest_known_one() -> None:
    with pytest.raises(
        SettingsError, match=r"CALLBOX_REDIS_PROT is not a setting of Callbox; the nearest is CALLBOX_REDIS_PORT"
    ):
        read_settings({"CALLBOX_REDIS_PROT": "1"})


def test_a_variable_of_a_service_may_stand_beside_the_runners() -> None:
    settings = read_settings({"CALLBOX_INFERENCE_PROFILE": "cpu", "CALLBOX_PORT": "8100", "HOME": "/"})
    assert settings.port == 8100
    assert settings.base_url == "http://127.0.0.1:8100"


def test_a_bad_value_names_its_variable() -> None:
    with pytest.raises(SettingsError, match="CALLBOX_SLOTS"):
        read_settings({"CALLBOX_SLOTS": "none"})


def test_what_the_runner_decides_cannot_be_set() -> None:
    with pytest.raises(SettingsError, match=r"CALLBOX_DATABASE_URL: `callbox up` decides that itself"):
        read_settings({"CALLBOX_DATABASE_URL": "postgresql://elsewhere"})


@pytest.mark.parametrize(
    ("environ", "missing"),
    [({"CALLBOX_LLM_URL": "http://x/v1"}, "CALLBOX_LLM_MODEL"), ({"CALLBOX_LLM_MODEL": "m"}, "CALLBOX_LLM_URL")],
)
def test_a_foreign_model_needs_both_its_address_and_its_name(environ: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        read_settings(environ)


def test_the_api_key_is_not_in_the_settings_text() -> None:
    settings = read_settings(
        {"CALLBOX_LLM_URL": "http://x/v1", "CALLBOX_LLM_MODEL": "m", "CALLBOX_LLM_API_KEY": "sk-very-secret"}
    )
    assert "sk-very-secret" not in repr(settings)
    assert settings.llm_api_key.get_secret_value() == "sk-very-secret"


def test_a_service_gets_its_own_variables_only() -> None:
    environ = {"PATH": "/bin", "CALLBOX_INFERENCE_PROFILE": "cpu", "CALLBOX_LOG_LEVEL": "debug", "LIVEKIT_URL": "x"}
    wired = {"CALLBOX_DATABASE_URL": "postgresql://a", "CALLBOX_LOG_LEVEL": "info", "CALLBOX_TRITON_HTTP_PORT": "1"}
    accounts = service_environment("accounts", wired, environ)
    assert accounts["PATH"] == "/bin"
    assert accounts["CALLBOX_DATABASE_URL"] == "postgresql://a"
    assert accounts["CALLBOX_LOG_LEVEL"] == "info"
    assert "CALLBOX_INFERENCE_PROFILE" not in accounts
    assert "CALLBOX_TRITON_HTTP_PORT" not in accounts
    assert "LIVEKIT_URL" not in accounts
    inference = service_environment("inference", wired, environ)
    assert inference["CALLBOX_INFERENCE_PROFILE"] == "cpu"
    assert inference["CALLBOX_TRITON_HTTP_PORT"] == "1"
    assert "CALLBOX_DATABASE_URL" not in inference


def test_loopback_never_goes_through_a_proxy() -> None:
    base = base_environment({"no_proxy": "corp.example", "http_proxy": "http://proxy"})
    assert base["no_proxy"] == "corp.example,127.0.0.1,localhost"
    assert base["NO_PROXY"] == "127.0.0.1,localhost"


def test_every_wired_variable_is_read_by_some_service() -> None:
    known = frozenset().union(*(variables_of(service) for service in SERVICES))
    assert known >= WIRED


def test_no_two_settings_of_the_runner_have_the_same_default_port() -> None:
    fields = LocalSettings.model_fields
    ports = [field.default for name, field in fields.items() if name == "port" or name.endswith("_port")]
    assert len(set(ports)) == len(ports)
