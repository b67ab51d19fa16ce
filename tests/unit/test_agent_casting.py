"""Which language model a character answers with, and with which limits."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from callbox.characters.v1 import characters_pb2
from callbox.sessions.v1 import sessions_pb2 as pb
from structlog.testing import capture_logs

from deploy.local.settings import ROOT
from services.agent.call import casting
from services.agent.call.casting import Casting
from services.agent.call.stored_character import StoredCharacter
from services.agent.settings import AgentSettings
from services.agent.shared_state import SharedState
from services.agent.thinking.language_model import AnswerLimits
from services.kit.catalogue_file import CatalogueFile
from services.kit.structs import to_struct

FALLBACKS = "https://a.test/v1 one KEY, https://b.test/v1 two, https://c.test/v1 two"
Asked = Callable[..., Any]


class _Channel:
    """A channel on which nothing is called."""

    def unary_unary(self, *_: object, **__: object) -> None: ...

    unary_stream = stream_unary = stream_stream = unary_unary


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Opens the model of a character with these fields. Returns how the model was opened."""
    settings = AgentSettings(
        data_dir=tmp_path, keys_dir=tmp_path, catalogue=ROOT / "deploy" / "catalogue.toml", llm_fallbacks=FALLBACKS
    )
    shared = SharedState(tmp_path)
    shared.put_in_force(CatalogueFile(settings.catalogue).current())
    found: dict[str, Any] = {}

    @contextlib.asynccontextmanager
    async def language_model(
        url: str, model: str, key: str, late_markers: object, fallbacks: Any, limits: AnswerLimits
    ) -> AsyncIterator[Any]:
        names = [f"{each.model} {each.url[8]}" for each in fallbacks]
        found.update(url=url, model=model, key=key, fallbacks=names, limits=limits)
        yield SimpleNamespace()

    async def open_model(own_key: str = "", **fields: Any) -> dict[str, Any]:
        async def llm_key(_: StoredCharacter) -> str:
            return own_key

        monkeypatch.setattr(casting, "language_model", language_model)
        monkeypatch.setattr(StoredCharacter, "llm_key", llm_key)
        character = characters_pb2.CharacterSnapshot(slug="bot", llm_model="own", definition=to_struct(fields))
        channel: Any = _Channel()
        nothing: Any = SimpleNamespace()
        made = Casting(settings, pb.ClaimSessionResponse(), channel, channel, nothing, shared, nothing)
        async with made:
            await made.model(character)
        return found

    return open_model


@pytest.mark.parametrize(
    ("own_key", "names", "asked"),
    [
        ("", None, ["one a", "two b", "two c"]),
        ("", [], ["one a", "two b", "two c"]),
        ("", ["two", "one"], ["two b", "two c", "one a"]),
        ("", ["two", "two"], ["two b", "two c"]),
        ("", ["gone"], []),
        ("sk-own", [], []),
        ("sk-own", ["one"], ["one a"]),
    ],
)
async def test_a_character_names_the_fallback_models_that_it_wants(
    opened: Asked, own_key: str, names: list[str] | None, asked: list[str]
) -> None:
    """With a key of its own, only those that it names get what is said."""
    assert (await opened(own_key, llm_fallbacks=names))["fallbacks"] == asked


async def test_a_fallback_model_that_is_not_configured_is_passed_over_and_logged(opened: Asked) -> None:
    with capture_logs() as logs:
        assert (await opened(llm_fallbacks=["gone", "two"]))["fallbacks"] == ["two b", "two c"]
    (log,) = (log for log in logs if "models" in log)
    assert (log["models"], log["character"]) == (["gone"], "bot")


@pytest.mark.parametrize(
    ("fields", "limits"),
    [
        ({}, AnswerLimits(160, 0)),
        ({"llm_max_tokens": 160, "llm_max_sentences": 0}, AnswerLimits(160, 0)),
        ({"llm_max_tokens": 4096, "llm_max_sentences": 2}, AnswerLimits(4096, 2)),
    ],
)
async def test_a_character_limits_its_answers(opened: Asked, fields: dict[str, Any], limits: AnswerLimits) -> None:
    assert (await opened(**fields))["limits"] == limits
