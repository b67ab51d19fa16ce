"""Words and loops in a recogniser's tokens."""

from collections.abc import Sequence

import pytest

from services.inference.engines.spelling import without_loop, words


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ([7] * 12, [7]),
        ([1, 2, 3, *[4, 5] * 6], [1, 2, 3, 4, 5]),
        ([9, *[1, 2, 3, 4] * 3, 1, 2], [9, 1, 2, 3, 4]),
        ([*range(50), *range(50, 60), *range(50, 60), *range(50, 60)], list(range(60))),
    ],
)
def test_a_run_that_repeats_is_cut_to_one(tokens: list[int], kept: list[int]) -> None:
    assert list(without_loop(tokens)) == kept


@pytest.mark.parametrize("tokens", [[], [1], [5, 5, 5, 5], [1, 2] * 4, list(range(100)), [*[7] * 12, 1, 2]])
def test_a_number_read_out_and_a_plain_text_are_left(tokens: list[int]) -> None:
    assert list(without_loop(tokens)) == tokens


def _spelled(pieces: Sequence[bytes]) -> list[tuple[str, float, float]]:
    """The words of pieces that are said 0.2 s (ten states) each."""
    alignments = [(at, state) for at in range(len(pieces) + 1) for state in range(at * 10, at * 10 + 10)]

    def text_of(tokens: Sequence[int]) -> str:
        return b"".join(pieces[token] for token in tokens).decode(errors="replace")

    found = words(range(len(pieces)), alignments, text_of)
    return [(word, round(start, 2), round(end, 2)) for word, start, end in found]


def test_pieces_of_a_word_are_one_and_a_mark_belongs_to_it() -> None:
    assert _spelled([b" Bon", b"jour", b",", b" le", b" monde", b"."]) == [
        ("Bonjour,", 0.0, 0.4),
        ("le", 0.6, 0.8),
        ("monde.", 0.8, 1.0),
    ]


def test_where_nobody_writes_blanks_a_character_is_a_word() -> None:
    assert [word for word, _, _ in _spelled(["天".encode(), "地".encode(), "。".encode()])] == ["天", "地。"]


def test_a_character_in_several_pieces_is_whole() -> None:
    cut = "ऊँट".encode()
    assert _spelled([b" ", cut[:2], cut[2:4], cut[4:], " है".encode()]) == [("ऊँट", 0.0, 0.8), ("है", 0.8, 1.0)]


def test_nothing_has_no_words() -> None:
    assert _spelled([]) == []
