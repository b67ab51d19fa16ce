"""A part of a character besides its functions, such as its forms: what it needs of a call, and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from services.agent.moments import Moments


@dataclass(frozen=True)
class Turn:
    """What is to be answered. said: by the caller; empty when the agent speaks by itself. done: functions run since."""

    said: str
    done: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnAnswer:
    """An answer that a part gives in the model's place.

    call: a function that is run first, with its arguments; then the part is asked again. text: what is said.
    after_model: the model answers, and the text follows.
    """

    text: str = ""
    call: tuple[str, Mapping[str, Any]] | None = None
    after_model: bool = False


class Dialogue(Protocol):
    """The conversation as a part uses it."""

    @property
    def moments(self) -> Moments:
        """The moments of the call."""
        ...

    def take_text(self, text: str) -> None:
        """Takes a text as if the caller had typed it."""
        ...

    def speak_up(self, about: str) -> None:
        """Has the model say something as soon as nobody speaks. about: instructions for it."""
        ...

    def expect(self, field_type: str, language: str) -> None:
        """Tells which type of a form's field the caller is asked for; empty for none."""
        ...


class Part(Protocol):
    """A part of one character in one call. `begin` and `leave` may alternate: characters change."""

    def begin(self, dialogue: Dialogue) -> None:
        """Starts: the character takes the call."""
        ...

    async def note(self, *, ahead: bool = False) -> str:
        """What the model is told with its next answer and not afterwards; may be empty.

        ahead: as far as it is known before the caller's next turn.
        """
        ...

    async def answer(self, turn: Turn) -> OwnAnswer | None:
        """The part's own answer to a turn; None for the model's. It changes nothing: the turn may still go on."""
        ...

    def caller_returned(self) -> None:
        """Tells a new connection of the caller what it missed."""
        ...

    async def leave(self) -> None:
        """Stops: another character takes the call."""
        ...

    async def close(self) -> None:
        """Stops: the call ends."""
        ...
