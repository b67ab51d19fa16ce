"""Writes English numbers, dates, money, telephone numbers, abbreviations and symbols as words."""

import re
from typing import Final

from services.kit.reading.english.calendar import spoken_dates, spoken_names, spoken_times
from services.kit.reading.english.codes import spoken_codes, spoken_phones
from services.kit.reading.english.durations import spoken_durations
from services.kit.reading.english.figures import spoken_figures, spoken_proportions
from services.kit.reading.english.fractions import spoken_ratios
from services.kit.reading.english.notations import english_notation
from services.kit.reading.english.quantities import spoken_quantities
from services.kit.reading.english.shorthand import spoken_shorthand, spoken_signs

_FIGURE: Final = re.compile(r"[\d²³]")


def spoken(text: str, day_first: bool = False) -> str:
    """The text in words only. day_first: 5/3 is the fifth of March, as everywhere but in the United States."""
    text = spoken_names(spoken_shorthand(text))
    if _FIGURE.search(text):
        text = spoken_ratios(spoken_durations(spoken_phones(english_notation(text))))
        text = spoken_codes(spoken_times(spoken_dates(spoken_proportions(text), day_first)))
        text = spoken_figures(spoken_quantities(text))
    return spoken_signs(text)
