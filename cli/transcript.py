"""Prints a call on a terminal."""

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from caller.messages import Fault, Message, Spoken
from caller.turn import Turn

_NAMES = {True: ("you  ", "bold cyan"), False: ("agent", "bold green")}


class Transcript:
    """Prints both sides as they speak, and a line after each turn.

    On a terminal a partial text is rewritten in place; elsewhere only final texts are printed.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._growing = False

    def note(self, text: str) -> None:
        """Prints a note."""
        self._clear()
        self._console.print(Text(text, style="dim"), soft_wrap=True)

    def take(self, message: Message) -> None:
        """Prints a message of the agent: transcripts and errors."""
        match message:
            case Spoken(_, text, by_caller, final):
                self._speak(text, by_caller, final)
            case Fault(_, text):
                self._clear()
                self._console.print(Text(f"error  {text}", style="bold red"))

    def turn(self, turn: Turn) -> None:
        """Prints the latency of a turn."""
        whole = turn.voice_to_voice_ms
        parts = "  ".join(f"{name.replace('_', ' ')} {ms:.0f}" for name, ms in turn.parts.items())
        measured = "no sound" if whole is None else f"{whole:.0f} ms"
        self.note(f"       voice to voice {measured}" + (f"  =  {parts}" if parts else ""))

    def _speak(self, text: str, by_caller: bool, final: bool) -> None:
        name, style = _NAMES[by_caller]
        line = Text.assemble((name, style), "  ", (text, "" if final else "dim"))
        if final:
            self._clear()
            self._console.print(line, soft_wrap=True)
        elif self._console.is_terminal:
            self._clear()
            self._console.print(line, end="\r", no_wrap=True, overflow="ellipsis", crop=True)
            self._growing = True

    def _clear(self) -> None:
        if self._growing:
            self._console.control(Control((ControlType.ERASE_IN_LINE, 2)))
            self._growing = False
