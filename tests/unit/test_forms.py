"""Contract 5.1 to 5.3, 14.6 and 14.12: what a form may be, and what an answer to it must be.

The cases stand in `tests/cases/forms.json`, for every program that judges or renders forms.
"""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.kit.forms import naming
from services.kit.forms.answers import Rule, judge
from services.kit.forms.definition import FormDefinition, PatternBudget, completed

_CASES = json.loads((Path(__file__).parents[1] / "cases" / "forms.json").read_text())


def _title(case: dict[str, Any]) -> str:
    return str(case["about"]).encode("ascii", "replace").decode()


def _faults(form: dict[str, Any], budget: PatternBudget | None = None) -> dict[str, str]:
    try:
        FormDefinition.model_validate_json(json.dumps(form), context=budget)
    except ValidationError as fault:
        return {".".join(map(str, error["loc"])): error["msg"] for error in fault.errors()}
    return {}


@pytest.mark.parametrize("case", _CASES["definitions"], ids=_title)
def test_definitions_are_judged_with_the_path_of_each_fault(case: dict[str, Any]) -> None:
    """Contract 5.1, 5.2, 5.3 and 14.5."""
    assert sorted(_faults(case["form"])) == case["errors"]


@pytest.mark.parametrize("case", _CASES["answers"], ids=_title)
def test_answers_are_judged_by_the_form(case: dict[str, Any]) -> None:
    """Contract 5.3, 14.6 and 14.12."""
    assert not _faults(case["form"])
    judged = judge(case["form"], case["values"])
    assert {f"values.{name}": str(fault.rule) for name, fault in judged.faults.items()} == case["errors"]
    assert all(len(sentences) == 1 and len(sentences[0]) > 9 for sentences in judged.errors().values())
    if not case["errors"]:
        assert judged.values == case["stored"]
        for name, value in case["stored"].items():
            assert type(judged.values[name]) is type(value)


def test_the_table_holds_every_rule_and_enough_cases() -> None:
    assert len(_CASES["answers"]) >= 80
    assert {rule for case in _CASES["answers"] for rule in case["errors"].values()} == {str(rule) for rule in Rule}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3.0, "3"),
        (-0.5, "-0.5"),
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (0.00001, "0.00001"),
        (123456789012.5, "123456789012.5"),
    ],
)
def test_numbers_are_spelled_as_javascript_spells_them(number: float, text: str) -> None:
    form = {"fields": [{"name": "x", "type": "select", "options": [text]}]}
    assert judge(form, {"x": number}).faults == {}


def test_a_renderer_that_meets_an_unknown_type_shows_text() -> None:
    """Contract 5.3 and 14.12: of a form that was stored by somebody else."""
    form = {"fields": [{"name": "x", "type": "hologram", "max": "many", "pattern": "("}]}
    assert judge(form, {"x": "anything"}).faults == {}


def test_faults_of_many_values_are_cut() -> None:
    judged = judge({"fields": []}, {f"key{number}": "x" for number in range(5000)})
    assert len(judged.errors()) == 50


def test_the_patterns_of_one_answer_share_a_bound_of_time() -> None:
    fields = [{"name": f"f{number}", "type": "text", "pattern": "^(a+)+$"} for number in range(200)]
    began = time.process_time()
    judged = judge({"fields": fields}, {f"f{number}": "a" * 40 + "!" for number in range(200)})
    assert time.process_time() - began < 2
    assert {fault.rule for fault in judged.faults.values()} == {Rule.PATTERN}


def test_the_patterns_of_one_definition_share_a_bound_of_work() -> None:
    form = {
        "id": "a",
        "title": "A",
        "fields": [{"name": f"f{number}", "pattern": f"^a{{1,60}} b{{1,60}} {number}$"} for number in range(40)],
    }
    assert _faults(form, PatternBudget()) == {}
    assert _faults(form, PatternBudget(work=1000)).keys() == {f"fields.{number}.pattern" for number in range(40)}


def test_what_a_form_is_called() -> None:
    """Contract 5.1, 6.1, 6.3, 6.5 and 7.8."""
    form = {"id": "book-demo", "topics": ["open.demo", "form.book-demo"], "event_types": ["demo"]}
    assert naming.tool_name("book-demo") == "book_demo"
    assert naming.topic("book-demo") == "form.book-demo"
    assert naming.opening_topics(form) == ["form.book-demo", "book-demo.form", "open.demo"]
    assert naming.opening_types(form) == ["book_demo_form", "demo"]
    assert naming.confirmation_topic(form) == "voice.user_text"
    assert naming.confirmation_type(form) == "book-demo_submitted"
    assert naming.confirmation_topic({**form, "confirmation_topic": "x.y"}) == "x.y"
    assert naming.confirmation_type({**form, "confirmation_type": "z"}) == "z"


def test_a_form_is_completed_with_the_defaults_of_its_own_keys() -> None:
    """Contract 5.1: every default; fields and steps stay as they were sent."""
    fields = [{"name": "x", "type": "text"}]
    assert completed({"id": "book-demo", "title": "T", "fields": fields}) == {
        "id": "book-demo",
        "title": "T",
        "subtitle": "",
        "fields": fields,
        "submit_url": None,
        "submit_method": "POST",
        "submit_label": "Submit",
        "success_message": "",
        "disabled": False,
        "topics": [],
        "event_types": [],
        "confirmation_topic": "voice.user_text",
        "confirmation_type": "book-demo_submitted",
        "layout": {"field_layout": "stack"},
    }
    assert completed({"id": "a", "layout": {"own": 1}})["layout"] == {"field_layout": "stack", "own": 1}
