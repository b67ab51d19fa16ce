"""Regular expressions of form fields: ECMA-262, checked before they are stored, matched within a time limit.

A pattern has the meaning of `new RegExp(pattern, flags).test(value)` in a browser: it matches anywhere in the value. To
match the whole value, a pattern needs `^` and `$`. The flags are the first of `u`, `v` and none with which the pattern
compiles: `\\p{L}` works, an emoji is one character, and the older syntax that `u` refuses (`[\\w-.]`) works too.
"""

from services.kit.patterns.engine import MAX_TEXT_CHARACTERS, PatternError, TooSlowError, flags_of, matches
from services.kit.patterns.judge import MAX_PATTERN_CHARACTERS, Judgement, judge, pattern_faults

__all__ = [
    "MAX_PATTERN_CHARACTERS",
    "MAX_TEXT_CHARACTERS",
    "Judgement",
    "PatternError",
    "TooSlowError",
    "flags_of",
    "judge",
    "matches",
    "pattern_faults",
]
