"""How `make bench-model` judges the answers of a language model."""

import pytest

from bench.model_cases import QuestionCase, RequestCase, read_cases

OPENS = QuestionCase(ask="When do you open?", numbers=frozenset({10}), may=frozenset({4}))
CLOSED = QuestionCase(ask="Are you open?", says=("no|not|closed",), never=frozenset({"yes"}))
STOCK = RequestCase(
    ask="Is the Orion there in black?",
    tool="check_stock",
    arguments={"product": ["orion"], "code": "B209"},
    may=frozenset({"note"}),
)


@pytest.mark.parametrize(
    ("case", "answer", "faults"),
    [
        (OPENS, "We open at ten.", []),
        (OPENS, "From 10:00AM to 4 PM.", []),
        (OPENS, "We open at 100.", ["does not say 10", "says 100"]),
        (OPENS, "At 9 AM or 10 AM.", ["says 9"]),
        (CLOSED, "We're closed.", []),
        (CLOSED, "I know nothing about it.", ["does not say no|not|closed"]),
        (CLOSED, "Yes, we are not closed.", ["says yes"]),
        (QuestionCase(ask="Hello?"), " ", ["says nothing"]),
    ],
)
def test_an_answer_is_right_by_its_numbers_and_whole_words(case: QuestionCase, answer: str, faults: list[str]) -> None:
    assert case.faults(answer) == faults


def test_arguments_are_right_when_they_were_said_and_wrong_when_they_are_invented() -> None:
    assert STOCK.faults({"product": "desk lamp Orion", "code": "b-209", "note": "x", "colour": ""}) == []
    assert STOCK.faults({"product": "Orionis", "colour": "black"}) == [
        "code is missing",
        "product is 'Orionis'",
        "colour is invented: 'black'",
    ]


def test_the_right_tool_is_called_once_or_rightly_none() -> None:
    assert STOCK.picks([("check_stock", {})])
    assert not STOCK.picks([])
    assert not STOCK.picks([("check_stock", {}), ("check_stock", {})])
    assert RequestCase(ask="Hello!").picks([])
    assert not RequestCase(ask="Hello!").picks([("check_stock", {})])


def test_the_cases_name_tools_and_arguments_that_exist() -> None:
    cases = read_cases()
    assert (len(cases.questions), len(cases.requests), len(cases.tools)) == (30, 30, 7)
    known = {tool["name"]: set(tool["schema"]["properties"]) for tool in cases.tools}
    for request in cases.requests:
        if request.tool:
            assert {*request.arguments, *request.may} <= known[request.tool], request.ask
