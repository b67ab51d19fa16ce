"""A part of a character besides its functions, such as its forms: what it needs of a call, and what it gives."""

from typing import Protocol

from services.agent.moments import Moments


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

    async def note(self) -> str:
        """What the model is told with its next answer and not afterwards; may be empty."""
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
