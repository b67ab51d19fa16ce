"""Finds the end of a JSON text that is still being written."""


class JsonEnd:
    """Scans each character once. The text begins with the object or list."""

    def __init__(self) -> None:
        self._at = 0
        self._depth = 0
        self._quoted = False

    def find(self, text: str) -> int | None:
        """Where the JSON text ends, exclusive; None while it goes on. text: all of it so far."""
        while self._at < len(text):
            character = text[self._at]
            self._at += 1
            if self._quoted:
                if character == "\\":
                    self._at += 1
                self._quoted = character != '"'
            elif character == '"':
                self._quoted = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if self._depth == 0:
                    return self._at
        return None
