"""Selects what the model sees of a conversation: its instructions and the newest part of the history."""

from livekit.agents import llm

# Longest history that the model sees besides its instructions, about 1,500 tokens: a small local model has room for
# 4,096. A longer history is cut to half at once, because the model must read everything after a changed place again.
_MAX_HISTORY_CHARS = 6_000
_KEPT_HISTORY_CHARS = 3_000


class Memory:
    """The memory of one call. It remains when the character changes."""

    def __init__(self) -> None:
        self._left_out = 0
        self._hidden: set[str] = set()

    def hide(self, item: llm.ChatMessage) -> None:
        """Hides a message from the model: a fixed line, which is no answer of its own."""
        self._hidden.add(item.id)

    def seen(self, context: llm.ChatContext) -> llm.ChatContext:
        """A copy of a conversation without the part that was left out."""
        copy = context.copy()
        instructing = [item for item in copy.items if _is_instruction(item)]
        copy.items = [*instructing, *self._said(copy)[self._left_out :]]
        return copy

    def shorten(self, context: llm.ChatContext) -> bool:
        """Leaves out the older half of a history that is too long. Returns whether it did."""
        sizes = [len(_text(item)) for item in self._said(context)][self._left_out :]
        if sum(sizes) <= _MAX_HISTORY_CHARS:
            return False
        while sum(sizes) > _KEPT_HISTORY_CHARS:
            sizes.pop(0)
            self._left_out += 1
        return True

    def _said(self, context: llm.ChatContext) -> list[llm.ChatItem]:
        return [item for item in context.items if not _is_instruction(item) and item.id not in self._hidden]


def _is_instruction(item: llm.ChatItem) -> bool:
    return isinstance(item, llm.ChatMessage) and item.role in ("system", "developer")


def _text(item: llm.ChatItem) -> str:
    return (item.text_content or "") if isinstance(item, llm.ChatMessage) else str(item)
