"""Contract 4: what an override may be, and what it makes of the defaults."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.characters.appearance import DEFAULTS, Appearance, effective


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
    assert Appearance.model_validate(appearance).model_dump(mode="json", exclude_unset=True) == appearance
    whole = effective(appearance)
    assert set(whole) >= set(DEFAULTS)


def test_arrays_replace_and_the_defaults_stay_untouched() -> None:
    whole = effective({"languages": [], "theme": {"text_color": "black"}})
    assert whole["languages"] == []
    whole["theme"]["accent_color"] = "changed"
    whole["labels"]["idle"] = "changed"
    assert effective({})["theme"] == DEFAULTS["theme"]
    assert DEFAULTS["theme"]["accent_color"] == "#22D3EE"


def test_the_defaults_are_valid_themselves() -> None:
    Appearance.model_validate({name: value for name, value in DEFAULTS.items() if name != "noise_cancellation"})
    Appearance.model_validate(DEFAULTS)


def test_more_than_one_fault_comes_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        Appearance.model_validate({"theme": {"text_color": "?"}, "layout": {"position": "?"}, "logo_url": "?"})
    assert len(caught.value.errors()) == 3
