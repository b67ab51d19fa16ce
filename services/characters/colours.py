"""CSS colours (CSS Color 4 and 5), told by their text: no sheet is read, and nothing is computed."""

import re

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\Z")
_FUNCTION = re.compile(r"(?P<name>[a-z-]+)\((?P<inside>.*)\)\Z")
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_COMPONENT = re.compile(rf"(?:{_NUMBER}(?:%|deg|grad|rad|turn)?|none)\Z")
_PERCENTAGE = re.compile(rf"{_NUMBER}%\Z")
# Words, functions with what is in them to a depth of three, and each mark by itself.
_PARTS = re.compile(r"[^\s(]*\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)|[^\s()/,]+|[/,()]")
_HUES = frozenset({"hsl", "hwb", "lch", "oklch"})
_RGB = frozenset({"srgb", "srgb-linear", "display-p3", "display-p3-linear", "a98-rgb", "prophoto-rgb", "rec2020"})
_SPACES = _RGB | {"xyz", "xyz-d50", "xyz-d65"}
_MIXED_IN = _SPACES | _HUES | {"lab", "oklab"}
_WAYS = frozenset({"shorter", "longer", "increasing", "decreasing"})
# The components of each function, as they are called where a colour is made `from` another.
_CHANNELS = {
    "rgb": "rgb",
    "rgba": "rgb",
    "hsl": "hsl",
    "hsla": "hsl",
    "hwb": "hwb",
    "lab": "lab",
    "oklab": "lab",
    "lch": "lch",
    "oklch": "lch",
    "color": "rgbxyz",
}
_WITH_COMMAS = frozenset({"rgb", "rgba", "hsl", "hsla"})
_COMPONENTS = 3
_MAX_CHARACTERS = 200
_MAX_DEPTH = 3
_WORDS = """
aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood
cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray
darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue
firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew
hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan
lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray
lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue
mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred
midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid
palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple
rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue
slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato turquoise violet wheat white
whitesmoke yellow yellowgreen
transparent currentcolor
accentcolor accentcolortext activetext buttonborder buttonface buttontext canvas canvastext field fieldtext
graytext highlight highlighttext linktext mark marktext selecteditem selecteditemtext visitedtext
"""
_NAMES = frozenset(_WORDS.split())


def is_colour(text: str) -> bool:
    """Whether a browser takes this for a colour. Without `calc()` and `var()`, which need a sheet around them."""
    return len(text) <= _MAX_CHARACTERS and text.isascii() and _is_colour(text.lower(), _MAX_DEPTH)


def _is_colour(text: str, depth: int) -> bool:
    if text in _NAMES or _HEX.match(text):
        return True
    function = _FUNCTION.match(text)
    if function is None or depth == 0:
        return False
    name, parts = function["name"], _PARTS.findall(function["inside"])
    if name == "color-mix":
        return _mixes(_groups(parts), depth - 1)
    if name == "light-dark":
        groups = _groups(parts)
        return len(groups) == 2 and all(len(group) == 1 and _is_colour(group[0], depth - 1) for group in groups)
    return name in _CHANNELS and _has_components(name, parts, depth - 1)


def _groups(parts: list[str]) -> list[list[str]]:
    """What stands between the commas."""
    groups: list[list[str]] = [[]]
    for part in parts:
        if part == ",":
            groups.append([])
        else:
            groups[-1].append(part)
    return groups


def _has_components(name: str, parts: list[str], depth: int) -> bool:
    known: frozenset[str] = frozenset()
    if parts[:1] == ["from"]:
        if len(parts) == 1 or not _is_colour(parts[1], depth):
            return False
        known, parts = frozenset({*_CHANNELS[name], "alpha"}), parts[2:]
    if name == "color" and (not parts or parts.pop(0) not in _SPACES):
        return False
    if "," in parts:
        groups = _groups(parts)
        is_legacy = name in _WITH_COMMAS and not known and len(groups) in (_COMPONENTS, _COMPONENTS + 1)
        return is_legacy and all(len(group) == 1 and _COMPONENT.match(group[0]) for group in groups)
    if len(parts) == _COMPONENTS + 2 and parts[_COMPONENTS] == "/":
        parts = [*parts[:_COMPONENTS], parts[-1]]
    elif len(parts) != _COMPONENTS:
        return False
    return all(part in known or _COMPONENT.match(part) for part in parts)


def _mixes(groups: list[list[str]], depth: int) -> bool:
    if len(groups) != 3:
        return False
    (_in, *space), *colours = groups
    return _in == "in" and _is_space(space) and all(_is_share(colour, depth) for colour in colours)


def _is_space(words: list[str]) -> bool:
    space, *way = words or [""]
    if way and (space not in _HUES or way not in [[direction, "hue"] for direction in _WAYS]):
        return False
    return space in _MIXED_IN


def _is_share(words: list[str], depth: int) -> bool:
    """A colour, and perhaps how much of it, before or after it."""
    colours = [word for word in words if not _PERCENTAGE.match(word)]
    return len(words) <= 2 and len(colours) == 1 and _is_colour(colours[0], depth)
