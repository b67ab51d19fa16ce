"""Selects what the model sees of a conversation: its instructions and the newest part of the history."""

from livekit.agents import llm

from services.agent.turns import tokens

# A small local model has room for this many tokens: instructions, history and answer.
_CONTEXT_TOKENS = 4_096
_ANSWER_TOKENS = 160
# Longest history that the model sees besides its instructions. Less after long instructions, but never less than the
# minimum. A longer history is cut to half at once, because the model must read everything after a changed place again.
_MAX_HISTORY_TOKENS = 3_000
_MIN_HISTORY_TOKENS = 600
# A model that takes longer instructions has room for the longest history.
_LONG_INSTRUCTIONS_TOKENS = 2 * _CONTEXT_TOKENS


class Memory:
    """The memory of one call. It remains when the character changes."""

    def __init__(self) -> None:
        self._left_out = 0
        self._hidden: set[str] = set()

    def hide(self, item: llm.ChatMessage) -> None:
        """Hides a message from the model: a fixed line, which is no answer of its own."""
        self._hidden.add(item.id)

    def hide_call(self, call_id: str) -> None:
        """Hides a call that the model did not make, with its result: it would make calls of that kind, too."""
        self._hidden.add(call_id)

    def seen(self, context: llm.ChatContext, note: str = "") -> llm.ChatContext:
        """A copy of a conversation without the part that was left out. A message that is too long is shortened.

        note: what the model is told this time only, before what the caller said last. What comes before that stays as
        it was, so that the model need not read it again.
        """
        self.shorten(context, note)
        room = _room(context, note)
        copy = context.copy()
        instructing = [item for item in copy.items if _is_instruction(item)]
        said = self._said(copy)[self._left_out :]
        # The results of one turn, which all stay, share the room.
        outputs = sum(isinstance(item, llm.FunctionCallOutput) for item in said)
        copy.items = [*instructing, *(_fitting(item, room, room // max(1, outputs)) for item in said)]
        if note:
            last = max((at for at, item in enumerate(copy.items) if _is_of_user(item)), default=len(copy.items))
            copy.items.insert(last, llm.ChatMessage(role="system", content=[note]))
        return copy

    def shorten(self, context: llm.ChatContext, note: str = "") -> bool:
        """Leaves out the older half of a history that is too long. Returns whether it did.

        What the caller said last, and what follows it, is not left out. A tool's result goes with its call.
        """
        said, room = self._said(context)[self._left_out :], _room(context, note)
        sizes = [min(tokens.estimate(_text(item)), room) for item in said]
        if sum(sizes) <= room:
            return False
        last = max((at for at, item in enumerate(said) if _is_of_user(item)), default=len(said))
        out = 0
        while out < last and (sum(sizes[out:]) > room // 2 or isinstance(said[out], llm.FunctionCallOutput)):
            out += 1
        self._left_out += out
        return out > 0

    def _said(self, context: llm.ChatContext) -> list[llm.ChatItem]:
        return [item for item in context.items if not _is_instruction(item) and not self._is_hidden(item)]

    def _is_hidden(self, item: llm.ChatItem) -> bool:
        if isinstance(item, llm.FunctionCall | llm.FunctionCallOutput):
            return item.call_id in self._hidden
        return item.id in self._hidden


def _room(context: llm.ChatContext, note: str) -> int:
    """Tokens of the longest history."""
    instructions = sum(tokens.estimate(_text(item)) for item in context.items if _is_instruction(item))
    instructions += tokens.estimate(note)
    if instructions > _LONG_INSTRUCTIONS_TOKENS:
        return _MAX_HISTORY_TOKENS
    left = _CONTEXT_TOKENS - _ANSWER_TOKENS - instructions
    return min(_MAX_HISTORY_TOKENS, max(_MIN_HISTORY_TOKENS, left))


def _fitting(item: llm.ChatItem, room: int, result_room: int) -> llm.ChatItem:
    """An item that takes at most so many tokens, a tool's result at most `result_room`."""
    if isinstance(item, llm.FunctionCallOutput):
        return item.model_copy(update={"output": tokens.shortened(item.output, result_room)})
    if not isinstance(item, llm.ChatMessage) or tokens.estimate(_text(item)) <= room:
        return item
    return item.model_copy(update={"content": [tokens.shortened(_text(item), room)]})


def _is_instruction(item: llm.ChatItem) -> bool:
    return isinstance(item, llm.ChatMessage) and item.role in ("system", "developer")


def _is_of_user(item: llm.ChatItem) -> bool:
    return isinstance(item, llm.ChatMessage) and item.role == "user"


def _text(item: llm.ChatItem) -> str:
    match item:
        case llm.ChatMessage():
            return item.text_content or ""
        case llm.FunctionCall():
            return f"{item.name} {item.arguments}"
        case llm.FunctionCallOutput():
            return item.output
    return str(item)
