"""What clients are told of the agent's replies."""

from collections.abc import Callable

# Takes (id, text, whether the text is final).
Tell = Callable[[str, str, bool], object]


class Replies:
    """The replies of one call, across all its characters.

    A reply is told in parts while it is written. Its final text is what the caller heard, so it is told at the end of
    the reply. A final text that is empty means that nothing was heard.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._count = 0
        self._open = ""
        self._written = False

    def begin(self) -> None:
        """Begins the next reply."""
        self.close()
        self._count += 1
        self._open = f"reply_{self._count}"
        self._written = False

    def written(self, text: str) -> None:
        """Tells the text so far of the reply that was begun."""
        self._written = True
        self._tell(self._open, text, False)

    def heard(self, text: str) -> None:
        """Ends the reply with the text that was heard."""
        if not self._open:
            self.begin()
        self._tell(self._open, text, True)
        self._open = ""

    def close(self) -> None:
        """Ends a reply of which nothing was heard, if there is one."""
        if self._open and self._written:
            self._tell(self._open, "", True)
        self._open = ""
