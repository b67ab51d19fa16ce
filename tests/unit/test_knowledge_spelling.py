"""Words of documents and questions are spelled alike."""

import pytest

from services.characters.knowledge.spelling import searchable


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("Zahn\u00adersatz\u00adleistung", "Zahnersatzleistung"),
        ("Zwro\u200bt to\u2060wa\ufeffru", "Zwrot towaru"),
        ("Cafe\u0301", "Café"),
        ("o\ufb03ce", "office"),
        ("AB\u20111234 and AB\u22121234", "AB-1234 and AB-1234"),
        ("customer\u2019s customer\u02bcs", "customer's customer's"),
        ("\uff21\uff22\uff0d\uff11\uff12", "AB-12"),
        ("\uff76\uff9e\uff7d", "ガス"),
        ("20 m\u00b2, CO\u2082", "20 m2, CO2"),
        ("free\u00b9 delivery", "free 1 delivery"),
        ("می\u200cخواهم", "میخواهم"),
        ("right\u202e to left", "right to left"),
        ("plain text, it's 5-10", "plain text, it's 5-10"),
    ],
)
def test_a_word_is_spelled_in_one_way(written: str, searched: str) -> None:
    assert searchable(written) == searched
    assert searchable(searched) == searched
