"""Writes English numbers, dates, money, telephone numbers, abbreviations and symbols as words."""

import re
from typing import Final

from services.kit.reading.english.calendar import spoken_dates, spoken_names, spoken_times
from services.kit.reading.english.codes import spoken_codes, spoken_phones
from services.kit.reading.english.figures import spoken_figures
from services.kit.reading.english.quantities import spoken_quantities
from services.kit.reading.english.shorthand import spoken_shorthand, spoken_signs

_FIGURE: Final = re.compile(r"\d|[½⅓⅔¼¾⅕⅛⅜⅝⅞]")


def spoken(text: str, day_first: bool = False) -> str:
    """The text in words only. day_first: 5/3 is the fifth of March, as everywhere but in the United States."""
    text = spoken_names(spoken_shorthand(text))
    if _FIGURE.search(text):
        for step in (spoken_phones, lambda t: spoken_dates(t, day_first), spoken_times, spoken_codes):
            text = step(text)
        text = spoken_figures(spoken_quantities(text))
    return spoken_signs(text)
