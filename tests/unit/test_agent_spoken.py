"""How much of an interrupted reply was heard."""

import pytest

from services.agent.audio.spoken import heard

CLAUSES = [("We open at nine,", 0.0), ("and we close at noon on Saturdays.", 1.0)]


@pytest.mark.parametrize(
    ("played", "text"),
    [
        (0.0, ""),
        (0.5, "We open"),
        (1.0, "We open at nine,"),
        (2.0, "We open at nine, and we close"),
        (3.0, "We open at nine, and we close at noon on Saturdays."),
        (9.0, "We open at nine, and we close at noon on Saturdays."),
    ],
)
def test_words_count_as_heard_when_their_share_of_the_clause_was_played(played: float, text: str) -> None:
    assert heard(CLAUSES, total_seconds=3.0, played_seconds=played) == text


def test_nothing_spoken_is_nothing_heard() -> None:
    assert heard([], 0.0, 1.0) == ""


@pytest.mark.parametrize(
    ("clauses", "played", "text"),
    [
        ([("土曜日は朝九時に開店します。", 0.0)], 1.0, "土曜日は"),
        ([("我们星期六早上九点开门。", 0.0), ("下午五点半关门。", 2.0)], 2.5, "我们星期六早上九点开门。下午五"),
        ([("我们用 Wi-Fi 上网。", 0.0)], 2.0, "我们用 Wi-Fi"),
        ([("เราเปิดเก้าโมงเช้า", 0.0)], 1.65, "เราเปิดเก้"),
        ([("हम नौ बजे खोलते हैं।", 0.0)], 1.5, "हम नौ"),
        ([("토요일은 아홉 시에 열고,", 0.0), ("다섯 시에 닫습니다.", 2.0)], 2.8, "토요일은 아홉 시에 열고, 다섯 시에"),
    ],
)
def test_a_text_without_blanks_is_cut_between_its_characters(
    clauses: list[tuple[str, float]], played: float, text: str
) -> None:
    assert heard(clauses, total_seconds=3.0, played_seconds=played) == text
