"""The order of `--say` and `--wav` on the command line, which typer does not keep."""

from collections.abc import Mapping, Sequence


def in_order(argv: Sequence[str], values: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Merges the values of several options in the order of the command line.

    argv: the command line. values: option → its values as parsed, each option's own order kept. Parsed values that
    `argv` does not show follow at the end.
    """
    waiting = {option: list(given) for option, given in values.items()}
    ordered: list[tuple[str, str]] = []
    for at, word in enumerate(argv):
        for option, left in waiting.items():
            named = word == option and argv[at + 1 : at + 2] == left[:1]
            if left and (named or word == f"{option}={left[0]}"):
                ordered.append((option, left.pop(0)))
                break
    return ordered + [(option, value) for option, left in waiting.items() for value in left]
