"""What of a conversation is still to be answered."""

from typing import Literal

from livekit.agents import llm

from services.agent.tools.part import Turn
from services.agent.turns.unanswered import unanswered


def context(*items: tuple[llm.ChatRole | Literal["done"], str]) -> llm.ChatContext:
    """A conversation. items: a role with its words, or `done` with the name of a function that has run."""
    made = llm.ChatContext()
    for index, (role, text) in enumerate(items):
        if role == "done":
            made.items.append(llm.FunctionCall(call_id=str(index), name=text, arguments="{}"))
            made.items.append(llm.FunctionCallOutput(call_id=str(index), name=text, output="", is_error=False))
        else:
            made.add_message(role=role, content=text)
    return made


def test_a_question_is_what_the_caller_has_said_since_the_last_reply() -> None:
    asked = context(("system", "You help."), ("assistant", "Hello!"), ("user", "Hi."), ("user", "Where is it?"))
    assert unanswered(asked) == Turn("Hi. Where is it?")
    assert unanswered(context(("user", "Hi."), ("assistant", "Hello!"), ("system", "Be brief."))) == Turn("")


def test_functions_that_ran_belong_to_the_question_before_them() -> None:
    ran = context(
        ("assistant", "Hello!"), ("user", "Book it."), ("assistant", "Sure."), ("done", "open"), ("done", "set")
    )
    assert unanswered(ran) == Turn("Book it.", ("open", "set"))


def test_words_that_a_function_has_answered_are_not_answered_again() -> None:
    """The caller spoke before a word of the answer was heard, so that it is not in the conversation."""
    assert unanswered(context(("user", "Anna."), ("done", "set"), ("user", "At example."))) == Turn("At example.")
