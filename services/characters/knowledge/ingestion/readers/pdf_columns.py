"""The order in which pieces of text on a page are read: columns one after the other, tables row by row."""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# Words of a line of a column. Cells of tables have fewer.
_COLUMN_WORDS = 2.5
_LEAST_LINES = 4
_DEEPEST = 4
# Of the height of a line: the least gap between columns, and the gap between paragraphs.
_GUTTER, _PARAGRAPH = 0.8, 1.9
_HYPHENS = ("-", "\u2010", "\u00ad")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text on one line; its edges in points, from the lower left corner of the page."""

    left: float
    bottom: float
    right: float
    top: float
    text: str
    is_value: bool = False

    @property
    def middle(self) -> float:
        """Its height on the page."""
        return (self.top + self.bottom) / 2


Line = list[Segment]


def lines_in_order(segments: Sequence[Segment]) -> str:
    """The lines of a page in the order of reading."""
    lines = _lines(segments)
    return "\n".join(_columns(lines, 0) or [_plain(line) for line in lines])


def _columns(lines: Sequence[Line], depth: int) -> list[str] | None:
    """The lines of a page with columns; None when it has none."""
    if depth > _DEEPEST:
        return None
    band = _band(lines)
    if band is None:
        return None
    first, last, gutter = band
    columns = [
        [part for line in lines[first:last] if (part := [each for each in line if (each.left < gutter) is is_left])]
        for is_left in (True, False)
    ]
    out = _columns(lines[:first], depth + 1) or [_plain(line) for line in lines[:first]]
    for column in columns:
        out += ["", *(_columns(column, depth + 1) or _paragraphs(column))]
    out += ["", *(_columns(lines[last:], depth + 1) or [_plain(line) for line in lines[last:]])]
    return out


def _band(lines: Sequence[Line]) -> tuple[int, int, float] | None:
    """The longest run of lines with a gap at the same place, with text of several words on both sides.

    Returns: the first line, the line after the last, the place of the gap.
    """
    best: tuple[int, int, float] | None = None
    tried: set[int] = set()
    for line in lines:
        for before, after in itertools.pairwise(line):
            height = max(before.top - before.bottom, 1.0)
            if after.left - before.right < _GUTTER * height:
                continue
            gutter = after.left - 0.1
            if round(gutter) in tried or len(tried) > 200:
                continue
            tried.add(round(gutter))
            for run in _runs(lines, gutter, height):
                if (best is None or run[1] - run[0] > best[1] - best[0]) and _is_prose(lines[run[0] : run[1]], gutter):
                    best = (*run, gutter)
    return best


def _runs(lines: Sequence[Line], gutter: float, height: float) -> list[tuple[int, int]]:
    """Runs of lines that no text crosses at a place."""
    runs: list[tuple[int, int]] = []
    start = 0
    edge = gutter - _GUTTER * height
    for at in range(len(lines) + 1):
        if at == len(lines) or any(each.left < gutter and each.right > edge for each in lines[at]):
            if at - start >= _LEAST_LINES:
                runs.append((start, at))
            start = at + 1
    return runs


def _is_prose(lines: Sequence[Line], gutter: float) -> bool:
    """Whether both sides have lines of several words, as columns of text have and tables of figures have not."""
    left = [words for line in lines if (words := _words(line, True, gutter))]
    right = [words for line in lines if (words := _words(line, False, gutter))]
    if min(len(left), len(right)) < _LEAST_LINES or min(len(left), len(right)) < len(lines) / 3:
        return False
    return min(statistics.mean(left), statistics.mean(right)) >= _COLUMN_WORDS


def _words(line: Line, is_left: bool, gutter: float) -> int:
    texts = [each.text for each in line if (each.left < gutter) is is_left]
    return sum(len(text.split()) if text.isascii() else max(len(text.split()), len(text) // 4) for text in texts)


def _lines(segments: Sequence[Segment]) -> list[Line]:
    """Pieces on the same height as lines, from the top down, each from left to right."""
    lines: list[Line] = []
    for segment in sorted(segments, key=lambda each: -each.middle):
        if lines and abs(lines[-1][0].middle - segment.middle) < 0.5 * max(
            min(segment.top - segment.bottom, lines[-1][0].top - lines[-1][0].bottom), 4.0
        ):
            lines[-1].append(segment)
        else:
            lines.append([segment])
    return [sorted(line, key=lambda each: each.left) for line in lines]


def _plain(line: Line) -> str:
    return " ".join(each.text for each in line)


def _paragraphs(lines: Sequence[Line]) -> list[str]:
    """The lines of a column joined to paragraphs; a wide gap divides them."""
    out: list[str] = []
    last: Segment | None = None
    for line in lines:
        text = _plain(line)
        height = max(line[0].top - line[0].bottom, 4.0)
        if last is None or last.middle - line[0].middle > _PARAGRAPH * height:
            out += ["", text] if out else [text]
        elif out[-1].endswith(_HYPHENS) and text[:1].islower():
            out[-1] = out[-1][:-1] + text
        else:
            out[-1] += f" {text}"
        last = line[0]
    return out
