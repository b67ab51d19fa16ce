"""Contract 4: what an override may be, and what it makes of the defaults."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.characters.appearance.effective import DEFAULTS, effective
from services.kit.character_definition.appearance import AppearanceOverrides


@pytest.mark.parametrize(
    "appearance",
    [
        {"theme": {"primary_color": colour}}
        for colour in (
            "#fff",
            "#FFFF",
            "#6366F1",
            "#6366F1CC",
            "indigo",
            "rgb(99 102 241 / 50%)",
            "hsl(239deg, 84%, 67%)",
            "rgba(1,2,3,.5)",
            "RebeccaPurple",
            "currentColor",
            "oklch(40% 0.27 none)",
            "color(display-p3 1 0 0)",
            "light-dark(#fff, hsl(0 0% 0%))",
        )
    ]
    + [
        {"logo_url": "https://acme.example/logo.png"},
        {"logo_url": "/media/logo.png"},
        {"logo_url": ""},
        {"dimensions": {"fab_size": 56.5, "border_radius": 0}},
        {"layout": {"position": "bottom-left", "font_family": '"Noto Sans Devanagari", sans-serif'}},
        {"languages": [{"code": "ne", "label": "Nepali", "native_label": "नेपाली"}, {"code": "pt-BR"}]},
        {
            "noise_cancellation": {
                "engines": ["off", "rnnoise"],
                "default": "off",
                "model_url": "https://acme.example/m",
            }
        },
        {"labels": {"waiting": "Please wait"}, "own_key": {"a": 1}},
        {},
    ],
)
def test_what_is_allowed_stays_as_it_was_sent(appearance: dict[str, Any]) -> None:
    assert AppearanceOverrides.model_validate(appearance).model_dump(mode="json", exclude_unset=True) == appearance
    whole = effective(appearance)
    assert set(whole) >= set(DEFAULTS)


@pytest.mark.parametrize(
    "colour",
    [
        "banana", "rgb(zzz)", "rgb()", "rgb(1 2)", "rgb(1 2 3 4)", "rgb(1,2,3", "rgb(1,2,3))", "rgb(1,2,3);x", "#12345",
        "", "red\n", "color(foo 1 0 0)", "oklch(1,2,3)", "url(x)", "inherit", "rgb(" * 60, "red/**/",
        "\\72 ed", "(red)",
    ],
)  # fmt: skip
def test_what_is_no_colour(colour: str) -> None:
    with pytest.raises(ValidationError):
        AppearanceOverrides.model_validate({"theme": {"primary_color": colour}})


@pytest.mark.parametrize(
    "overrides",
    [
        {"logo_url": 'https://x.example/"><script>'},
        {"terms_url": "https://"},
        {"default_language": "en_US"},
        {"languages": [{"code": "zh_Hant"}]},
    ],
)
def test_what_is_refused(overrides: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AppearanceOverrides.model_validate(overrides)


def test_languages_are_completed() -> None:
    """Contract 4.6."""
    languages = [{"code": "ne", "native_label": "नेपाली"}, {"code": "en", "label": None, "own": 1}]
    assert effective({"languages": languages})["languages"] == [
        {"code": "ne", "label": "", "native_label": "नेपाली"},
        {"code": "en", "label": "", "native_label": "", "own": 1},
    ]


def test_null_is_the_default_of_what_has_one_and_a_value_elsewhere() -> None:
    own = {"a": None, "b": [None], "c": {"d": None}}
    whole = effective({"own": own, "theme": {"own": own, "text_color": None}, "labels": {"waiting": None}})
    assert whole["own"] == whole["theme"]["own"] == own
    assert whole["theme"]["text_color"] == DEFAULTS["theme"]["text_color"]
    assert whole["labels"] == {**DEFAULTS["labels"], "waiting": None}


def test_arrays_replace_and_the_defaults_stay_untouched() -> None:
    whole = effective({"languages": [], "theme": {"text_color": "black"}})
    assert whole["languages"] == []
    whole["theme"]["accent_color"] = "changed"
    whole["labels"]["idle"] = "changed"
    assert effective({})["theme"] == DEFAULTS["theme"]
    assert DEFAULTS["theme"]["accent_color"] == "#22D3EE"


def test_the_defaults_are_valid_themselves() -> None:
    AppearanceOverrides.model_validate(
        {name: value for name, value in DEFAULTS.items() if name != "noise_cancellation"}
    )
    AppearanceOverrides.model_validate(DEFAULTS)


def test_more_than_one_fault_comes_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        AppearanceOverrides.model_validate({"theme": {"text_color": "?"}, "layout": {"position": "?"}, "logo_url": "?"})
    assert len(caught.value.errors()) == 3
