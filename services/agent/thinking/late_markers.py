"""What is known of a language model that marks only the end of its reasoning.

The marker of the beginning is in the chat template of such a model, so the caller would hear the reasoning until its
end is seen. If it is known, an answer is held back until then.
"""

from collections.abc import Callable

# A model that gave this many answers in a row without the marker does not reason any more.
_ANSWERS_WITHOUT = 3


def _forget(_: bool) -> None:
    pass


class LateMarkers:
    """Learns from the answers of one model whether the next one must be held back.

    expected: whether it must. note: keeps a change of it for other calls.
    """

    def __init__(self, *, expected: bool = False, note: Callable[[bool], object] = _forget) -> None:
        self.expected = expected
        self._note = note
        self._answers_without = 0

    def seen(self) -> None:
        """An answer had a closing marker without an opening one."""
        self._answers_without = 0
        self._expect(True)

    def missed(self) -> None:
        """A whole answer had no such marker."""
        self._answers_without += 1
        if self._answers_without >= _ANSWERS_WITHOUT:
            self._expect(False)

    def _expect(self, expected: bool) -> None:
        if expected != self.expected:
            self.expected = expected
            self._note(expected)
