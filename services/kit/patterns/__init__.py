"""Regular expressions as form fields carry them: ECMA-262, judged before they are stored, matched within a time limit.

A pattern means what `new RegExp(pattern, flags).test(value)` means in a browser: it is searched for, so that one which
is to hold for the whole value says so by `^` and `$`. The flags are the first of `u`, `v` and none that the pattern
compiles with: `\\p{L}` and one emoji as one character work, and so does the older syntax that `u` refuses (`[\\w-.]`).
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
