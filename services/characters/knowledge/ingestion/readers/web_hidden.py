"""What of a page is no text, or is hidden by the page itself."""

import re

from selectolax.lexbor import LexborNode

_NO_TEXT = frozenset(
    (
        "audio",
        "base",
        "canvas",
        "head",
        "iframe",
        "link",
        "meta",
        "noframes",
        "noscript",
        "object",
        "param",
        "rp",
        "rt",
        "script",
        "source",
        "style",
        "template",
        "title",
        "track",
        "video",
    )
)
_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b", re.IGNORECASE)


def is_no_text(node: LexborNode) -> bool:
    """Whether an element never shows its content as text. Comments are among them."""
    tag = node.tag or ""
    return tag in _NO_TEXT or tag in ("-comment", "!doctype", "-doctype", "_comment")


def is_hidden(node: LexborNode) -> bool:
    """Whether an element is hidden by an attribute of its own."""
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return True
    style = attributes.get("style")
    return bool(style) and _HIDING.search(style or "") is not None
