"""The markers that language models put around reasoning and tool calls in the text of an answer.

These are the spellings of the chat templates of Apertus, Command, DeepSeek, Gemma, GLM, gpt-oss, Granite, InternLM,
Kimi, LFM, Llama, MiniMax, Mistral, Pangu, Qwen, Seed and Solar models, and of prompts that ask for tags.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from services.kit.reading.markup import REASONING_TAGS


class Kind(Enum):
    """What a marker means."""

    REASONING = auto()
    REASONING_END = auto()
    CALL = auto()
    CALL_END = auto()
    HEADER = auto()  # of gpt-oss: the name of a channel follows, up to MESSAGE
    MESSAGE = auto()
    JSON = auto()
    FENCE = auto()
    IGNORED = auto()  # removed; the text around it stays


@dataclass(frozen=True)
class Marker:
    """A marker in a text. name: of its tag, in lower case; empty if it is not a tag."""

    kind: Kind
    start: int
    end: int
    name: str = ""


_CALLS: Final = (
    "(?:longcat_)?tool_calls?|toolcall|tool_use|tools|function_calls?|functioncall|(?:start|end)_function_call|invoke"
    r"|function(?==|\s)|(?<=/)function"
)
_ANSWERS: Final = "answer|final_answer|response"
# An attribute needs a "=", so that "<thinking of you>" stays text.
_TAG: Final = (
    rf"<(?P<close>/?)(?:[|｜]DSML[|｜]|[a-z][\w-]{{0,20}}:)?"
    rf"(?:(?P<reasoning>{REASONING_TAGS})|(?P<call>{_CALLS})|(?P<answer>{_ANSWERS}))"
    r"(?:\s{0,4}/?|(?:=|\s[^<>=]{0,60}=)[^<>]{0,160})>"
)
# Gemma opens with `<|channel>` and closes with `<channel|>`.
_SPECIAL: Final = r"<[|｜](?P<special>[^<>|｜\s]{1,40})(?P<bar>[|｜]?)>|<(?P<gemma>channel|tool_call)\|>"
# Only this spelling: "[think]" can be the character's own text.
_SIGNS: Final = {
    "[THINK]": Kind.REASONING,
    "[/THINK]": Kind.REASONING_END,
    "◁think▷": Kind.REASONING,
    "◁/think▷": Kind.REASONING_END,
    "[unused16]": Kind.REASONING,
    "[unused17]": Kind.REASONING_END,
    "[TOOL_CALLS]": Kind.CALL,
    "[/TOOL_CALLS]": Kind.CALL_END,
    "[TOOL_CALL]": Kind.CALL,
    "[/TOOL_CALL]": Kind.CALL_END,
}
_SIGN: Final = f"(?-i:{'|'.join(map(re.escape, _SIGNS))})"
_JSON: Final = (
    r"(?:\[\s{0,20})?\{\s{0,20}[\"'](?:name|type|id|function|function_call|tool|tool_name|tool_calls?|action"
    r"|arguments|parameters|args)[\"']\s{0,4}:"
)
_MARKER: Final = re.compile(f"{_TAG}|{_SPECIAL}|(?P<sign>{_SIGN})|(?P<json>{_JSON})|(?P<fence>```)", re.IGNORECASE)

# The beginnings of these markers.
_UNFINISHED: Final = re.compile(
    r"</?[\w:-]{0,44}"
    r"|<[|｜][^<>\s]{0,41}|<\w{1,20}\||</?[|｜]?(?:DSML)?[|｜]?\w{0,24}"
    rf"|</?(?:[|｜]DSML[|｜]|[a-z][\w-]{{0,20}}:)?(?:{REASONING_TAGS}|{_CALLS}|{_ANSWERS})[=\s][^<>]{{0,220}}"
    r"|(?:\[\s{0,20})?(?:\{\s{0,20}(?:[\"'][a-z_]{0,14}(?:[\"']\s{0,4})?)?)?"
    r"|`{1,2}",
    re.IGNORECASE,
)
_LONGEST_UNFINISHED: Final = 280
_OPENER: Final = re.compile(r"[<\[{◁`]")


def find(text: str) -> Marker | None:
    """The first marker in a text."""
    match = _MARKER.search(text)
    if match is None:
        return None
    name = (match["reasoning"] or match["call"] or "").lower()
    return Marker(_kind(match), match.start(), match.end(), name)


def unfinished(text: str) -> int:
    """Where an unfinished marker at the end of a text begins; the length of the text if there is none."""
    for opener in _OPENER.finditer(text, max(0, len(text) - _LONGEST_UNFINISHED)):
        at = opener.start()
        if _UNFINISHED.fullmatch(text, at) or any(sign.startswith(text[at:]) for sign in _SIGNS):
            return at
    return len(text)


def _kind(match: re.Match[str]) -> Kind:
    if match["sign"]:
        return _SIGNS[match["sign"]]
    if match["json"]:
        return Kind.JSON
    if match["fence"]:
        return Kind.FENCE
    if match["gemma"]:
        return Kind.CALL_END if match["gemma"] == "tool_call" else Kind.REASONING_END
    if match["special"]:
        return _special(match["special"].lower(), one_bar=not match["bar"])
    if match["reasoning"]:
        return Kind.REASONING_END if match["close"] else Kind.REASONING
    if match["call"]:
        return Kind.CALL_END if match["close"] or match["call"].lower() == "end_function_call" else Kind.CALL
    return Kind.IGNORED


def _special(name: str, *, one_bar: bool) -> Kind:
    """The meaning of a special token such as `<|tool_call_end|>`, by the words in its name."""
    ends = any(word in name for word in ("end", "suffix", "/"))
    if "think" in name or "thought" in name or "inner_" in name or (name == "channel" and one_bar):
        return Kind.REASONING_END if ends else Kind.REASONING
    if any(word in name for word in ("tool", "function", "action", "python_tag")):
        return Kind.CALL_END if ends else Kind.CALL
    if name in ("channel", "start"):
        return Kind.HEADER
    return {"message": Kind.MESSAGE, "call": Kind.CALL_END}.get(name, Kind.IGNORED)
