"""Removes stage directions from a reply: text such as "*laughs*" that must not be spoken.

Text between asterisks, underscores or brackets of any kind is a stage direction if all of it is one of these:
- a noun of sound or silence ("pause", "long pause", "laughter");
- an action of the body ("laughs", "laughing", "clears throat"), optionally with its manner ("softly", "to herself",
  "and smiles"). With other words after it, it is a direction only between asterisks or square brackets, and only if no
  verb of a statement follows ("*checks the calendar*", but not "*checks are accepted*").
Text in emphasis is kept if a subject precedes it: "she *laughs*". Other parentheses and emphasis are spoken:
"*very* good", "(open until 5)". Of other square brackets only the brackets are removed.
"""

import re
from typing import Final

_BODY: Final = [
    "laugh",
    "chuckle",
    "giggle",
    "snicker",
    "smirk",
    "sigh",
    "cough",
    "sneeze",
    "sniff",
    "sniffle",
    "gasp",
    "groan",
    "moan",
    "grunt",
    "gulp",
    "yawn",
    "hum",
    "whistle",
    "smile",
    "grin",
    "frown",
    "wink",
    "nod",
    "shrug",
    "blush",
    "pause",
    "breathe",
    "inhale",
    "exhale",
    "whisper",
    "mumble",
    "mutter",
    "stammer",
    "cry",
    "sob",
    "clap",
    "hesitate",
    "beam",
    "cackle",
    "chortle",
    "snort",
    "scoff",
    "tut",
]
_STAGED: Final = [
    "clear",
    "take",
    "lean",
    "adjust",
    "check",
    "type",
    "tap",
    "glance",
    "look",
    "scratch",
    "wave",
    "turn",
    "shake",
    "roll",
    "raise",
    "tilt",
    "flip",
    "shuffle",
    "open",
    "sip",
    "think",
    "listen",
    "speak",
    "sing",
    "play",
    "hold",
    "rub",
    "snap",
    "drum",
    "bow",
    "stretch",
    "gesture",
    "point",
    "step",
    "sit",
    "stand",
]
_NOUNS: Final = (
    "laughter|applause|silence|pause|beat|breath|sigh|laugh|cough|chuckle|giggle|gasp|music|static|crosstalk|inaudible"
    "|throat clearing|deep breath|breathing|typing|hold music|background noise|clears throat|ahem"
    "|risas?|ríe|se ríe|suspira|suspiro|pausa|tose|silencio|rires?|rit|soupire?|silence|tousse|ride|risate?|sospira"
    "|sospiro|tossisce|risos|ri|rindo|suspira|हँसते हुए|हँसी|हंसी|हँसता है|विराम"
    "|笑|笑い|爆笑|苦笑|ため息|沈黙|間|咳|笑声|大笑|叹气|叹息|停顿|沉默"
)


def _forms(verb: str) -> str:
    stem = verb[:-1] if verb.endswith("e") else verb
    third = verb + ("es" if verb.endswith(("s", "sh", "ch")) else "s")
    third = {"cry": "cries"}.get(verb, third)
    double = (
        stem + stem[-1]
        if verb
        in ("nod", "hum", "shrug", "grin", "sob", "clap", "tap", "snap", "sit", "sip", "tut", "flip", "rub", "drum")
        else stem
    )
    return f"{third}|{double}ing"


_BODY_FORMS: Final = "|".join(_forms(verb) for verb in _BODY)
_STAGED_FORMS: Final = "|".join(_forms(verb) for verb in _STAGED)
_HOW: Final = (
    r"(?:[a-z]{3,12}ly|a ?bit|a little|again|deep|hard|loud|louder|out loud|aloud|once|twice|briefly|his|her"
    r"|their|my|its"
    r"|throat|to|him|my|her|them|it)(?:self|selves)?|for (?:a|one|two|\d) (?:moment|beat|seconds?|while)"
    r"|in (?:relief|thought|agreement)"
    r"|with (?:a |an )?[a-z]+|a (?:deep|long|short|slow) breath|(?:and|then|,)"
)
_NOUN_PHRASE: Final = (
    rf"(?:(?:a|an|the|long|short|brief|slight|soft|nervous|awkward|dramatic|deep|light) ){{0,2}}(?:{_NOUNS})"
)
_STRICT: Final = re.compile(
    rf"\s*(?:{_NOUN_PHRASE}|(?:[a-z]{{3,12}}ly )?(?:{_BODY_FORMS}|clears (?:his |her |their )?throat|clearing throat)"
    rf"(?: ?(?:{_HOW}|{_BODY_FORMS})){{0,6}}(?:(?:,| and| then) (?:{_STAGED_FORMS})(?: [a-z]{{2,12}}){{0,3}})?)"
    rf"[\s.…!]*",
    re.IGNORECASE,
)
_LOOSE: Final = re.compile(
    rf"(?:[a-z]{{3,12}}ly )?(?:{_BODY_FORMS}|{_STAGED_FORMS})(?: [a-z'-]{{1,14}}){{1,6}}[\s.…!]*"
)
_STATEMENT: Final = re.compile(
    r"\b(?:is|are|was|were|be|will|can|may|must|have|has|had|do|does|don't|apply|accepted|included|you|your|we"
    r"|our|i|not)\b"
)
_SUBJECT: Final = re.compile(
    r"\b(?:he|she|it|they|who|which|that|one|everyone|everybody|nobody|i|you|we|and|or|of|the|a|an|your|my|no)\s+$",
    re.I,
)
_SUBJECT_CHARACTERS: Final = 24
_SURROUNDED: Final = re.compile(
    r"(?<![\w*])(?P<mark>\*{1,2}|_)(?=\S)(?P<marked>[^*_\n]{2,60})(?P=mark)(?![\w*])"
    r"|[(（](?P<round>[^()（）\n]{1,60})[)）]|[\[【](?P<square>[^\[\]【】\n]{1,80})[\]】]|\{(?P<curly>[^{}\n]{2,60})\}"
)


def _replaced(match: re.Match[str]) -> str:
    words = match["marked"] or match["round"] or match["square"] or match["curly"]
    loose = match["round"] is None and _LOOSE.fullmatch(words) is not None and _STATEMENT.search(words) is None
    if _STRICT.fullmatch(words) or loose:
        emphasised = match["marked"] is not None and _SUBJECT.search(
            match.string, max(0, match.start() - _SUBJECT_CHARACTERS), match.start()
        )
        return match.group() if emphasised else " "
    return words if match["square"] or match["curly"] else match.group()


def without_directions(text: str) -> str:
    """The text without its stage directions."""
    return _SURROUNDED.sub(_replaced, text)
