"""Reads Markdown: turns it into HTML, which people also write inside it."""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from services.characters.knowledge.ingestion.readers.reading import too_deep

_MAX_NESTING = 100
# YAML between `---`, its first line a key, or TOML between `+++`.
_FRONT = re.compile(
    r"\A(?:---[ \t]*\n(?=[^\n]*\w[^\n]*:)(.*?\n)(?:---|\.\.\.)|\+\+\+[ \t]*\n(.*?\n)\+\+\+)[ \t]*(?:\n|\Z)", re.DOTALL
)
_FRONT_CHARACTERS = 64 * 1024


def html_of(text: str) -> tuple[str, bool]:
    """Markdown as HTML, and whether front matter was left out of it.

    Raises: Unreadable when it is nested too deeply.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text[:_FRONT_CHARACTERS])
    body = text[front.end() :] if front else text
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False).use(deflist_plugin)
    parser.core.ruler.before("footnote_tail", "unused_notes", _keep_unused_notes)
    environment: dict[str, Any] = {}
    tokens = parser.parse(body, environment)
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):
        raise too_deep()
    return parser.renderer.render(tokens, parser.options, environment), front is not None


def _keep_unused_notes(state: StateCore) -> None:
    """Lists also the notes that no mark stands for: the plugin drops them."""
    notes = state.env.get("footnotes", {})
    listed = notes.setdefault("list", {}) if notes else {}
    for label, number in notes.get("refs", {}).items():
        if number < 0:
            notes["refs"][label] = len(listed)
            listed[len(listed)] = {"label": label[1:], "count": 0}
