"""Splits a document into passages of about 500 tokens along its structure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from services.characters.knowledge.ingestion.blocks import Block, Kind, table_head
from services.characters.knowledge.ingestion.readers.reading import Page
from services.kit.reading.sentences import sentences

# Tokens of a passage with the headings above it. The embedding model reads 510.
CHUNK_TOKENS = 480
# Tokens of the end of a passage that the next one repeats.
OVERLAP_TOKENS = 60
# A heading begins a new passage unless the one before has fewer tokens.
_LEAST_TOKENS = 120
_HEADINGS_TOKENS = 60
# An unknown word, such as a long code, is one token of many characters.
_CHARACTERS_A_TOKEN = 8
# The end of a page whose last sentence is complete.
_ENDED = re.compile(r"[.!?:;。！？…»”\")\]]\s*\Z")

# Counts the tokens of a text.
TokenCounter = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage. headings: the titles above it, outermost first. page: of its first line that is not repeated."""

    text: str
    headings: tuple[str, ...]
    page: int

    @property
    def in_context(self) -> str:
        """The passage below its headings."""
        return f"{' > '.join(self.headings)}\n\n{self.text}" if self.headings else self.text


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a block that fits into a passage. joint: the text between it and the piece before."""

    kind: Kind
    text: str
    tokens: int
    page: int
    joint: str
    headings: tuple[str, ...]
    head: str = ""


def chunks(pages: Sequence[Page], measure: TokenCounter) -> list[Chunk]:
    """The passages of a document in order. Every word is in at least one. None spans two pages."""

    def size(text: str) -> int:
        return max(measure(text), -(-len(text) // _CHARACTERS_A_TOKEN))

    made: list[Chunk] = []
    held: list[_Piece] = []
    tokens = repeated = 0

    def close(following: tuple[str, ...] = ()) -> None:
        """following: headings of the next passage; a heading that stands there makes no passage of its own."""
        nonlocal held, tokens, repeated
        own = held[repeated:]
        if any(piece.kind is not Kind.HEADING or piece.text not in following for piece in own):
            made.append(_chunk(held, own[0].page))
        held, tokens, repeated = [], 0, 0

    for piece in _pieces(pages, size):
        budget = CHUNK_TOKENS - min(size(" > ".join(piece.headings)), _HEADINGS_TOKENS)
        added = piece if held and held[-1].head == piece.head else _under_head(piece, size)
        if piece.kind is Kind.HEADING:
            if tokens - sum(each.tokens for each in held[:repeated]) >= _LEAST_TOKENS:
                close(piece.headings)
        elif len(held) > repeated and (tokens + added.tokens > budget or held[-1].page != piece.page):
            before = held
            close(piece.headings)
            added = _under_head(piece, size)
            held = _tail(before, piece, size)
            repeated, tokens = len(held), sum(each.tokens for each in held)
            if tokens + added.tokens > budget:
                held, repeated, tokens = [], 0, 0
        held.append(added)
        tokens += added.tokens
    close()
    return made


def _chunk(held: Sequence[_Piece], page: int) -> Chunk:
    text = held[0].text + "".join(piece.joint + piece.text for piece in held[1:])
    return Chunk(text.strip(), held[0].headings, page)


def _under_head(piece: _Piece, size: TokenCounter) -> _Piece:
    """A row of a table with the names of the columns above it; anything else unchanged."""
    if not piece.head or piece.text == piece.head:
        return piece
    text = f"{piece.head}\n{piece.text}"
    return _Piece(piece.kind, text, size(text), piece.page, piece.joint, piece.headings, piece.head)


def _tail(held: Sequence[_Piece], following: _Piece, size: TokenCounter) -> list[_Piece]:
    """The last sentences of a passage, which the next one repeats if it has the same headings."""
    last = held[-1]
    if last.kind in (Kind.TABLE, Kind.CODE, Kind.HEADING) or last.headings != following.headings:
        return []
    repeated = list(sentences(last.text))
    if last.page != following.page:
        # Across a page break only an unfinished sentence is repeated.
        repeated = [] if _ENDED.search(last.text) else repeated[-1:]
    kept = ""
    for sentence in reversed(repeated):
        if size(sentence + kept) > OVERLAP_TOKENS:
            break
        kept = sentence + kept
    # Blanks at its end stay if nothing else keeps its last word apart from the piece that follows.
    kept = kept.strip() if following.joint else kept.lstrip()
    if not kept.strip():
        return []
    return [_Piece(last.kind, kept, size(kept), last.page, last.joint, last.headings)]


def _pieces(pages: Sequence[Page], size: TokenCounter) -> Iterator[_Piece]:
    above: list[tuple[int, str]] = []
    for page in pages:
        for block in page.blocks:
            if block.kind is Kind.HEADING:
                title = block.lines[0]
                while above and above[-1][0] >= block.level:
                    above.pop()
                headings = tuple(each for _, each in above)
                above.append((block.level, title[:200]))
                yield _Piece(Kind.HEADING, title, size(title), page.number, "\n\n", headings)
            else:
                yield from _of_block(block, page.number, tuple(each for _, each in above), size)


def _of_block(block: Block, page: int, headings: tuple[str, ...], size: TokenCounter) -> Iterator[_Piece]:
    whole = CHUNK_TOKENS - _HEADINGS_TOKENS
    head = ""
    if block.kind is Kind.TABLE:
        head_lines = table_head(block.lines)
        parts = list(block.lines[len(head_lines) :])
        if head_lines:
            head = "\n".join(head_lines)
            if size(head) > whole // 2:
                head, parts = "", list(block.lines)
            else:
                parts = parts or [head]
        joints = ["\n"] * len(parts)
    elif block.kind is Kind.CODE:
        parts = list(block.lines)
        joints = ["\n"] * len(parts)
    else:
        text = "\n".join(block.lines)
        parts = [text] if size(text) <= whole else list(sentences(text))
        joints = [""] * len(parts)
    at = 0
    for index, part in enumerate(parts):
        for piece in _cut(part, whole - size(head), size):
            joint = joints[index] if at else "\n" if block.kind is Kind.ITEM else "\n\n"
            yield _Piece(block.kind, piece, size(piece), page, joint, headings, head)
            at += 1


def _cut(text: str, limit: int, size: TokenCounter) -> Iterator[str]:
    """Halves the text at blanks, again and again, until each part has at most `limit` tokens."""
    if size(text) <= limit or len(text) < 2:
        yield text
        return
    middle = len(text) // 2
    at = text.rfind(" ", 1, middle) + 1 or text.find(" ", middle) + 1 or middle
    if at >= len(text):
        at = middle
    yield from _cut(text[:at], limit, size)
    yield from _cut(text[at:], limit, size)
