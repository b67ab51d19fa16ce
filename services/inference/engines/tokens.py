"""The token table of Moonshine's `tokenizer.bin`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_WORD_START: Final = "▁".encode()
_LONGEST: Final = 48
_SPECIAL: Final = (b"<unk>", b"<s>", b"</s>")


@dataclass(frozen=True, slots=True)
class TokenTable:
    """The bytes of each token, by its number."""

    pieces: tuple[bytes, ...]
    _numbers: dict[bytes, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = {piece: number for number, piece in enumerate(self.pieces) if piece not in _SPECIAL}
        object.__setattr__(self, "_numbers", numbers)

    @classmethod
    def read(cls, path: Path) -> "TokenTable":
        """Read the table: each entry is its length (one byte, or two from 128 on) and its bytes.

        Raises ValueError when the file ends inside an entry.
        """
        data = path.read_bytes()
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            length = data[at]
            at += 1
            if length >= 128:
                if at >= len(data):
                    raise ValueError(f"{path.name} ends inside an entry: install moonshine-voice again")
                length += data[at] * 128 - 128
                at += 1
            if at + length > len(data):
                raise ValueError(f"{path.name} ends inside an entry: install moonshine-voice again")
            pieces.append(data[at : at + length])
            at += length
        return cls(tuple(pieces))

    def text(self, tokens: Iterable[int]) -> str:
        """The text of a run of tokens; an incomplete character is left out."""
        pieces = (self.pieces[token] for token in tokens)
        joined = b"".join(piece for piece in pieces if piece not in _SPECIAL)
        return joined.replace(_WORD_START, b" ").decode("utf-8", errors="ignore").strip()

    def tokens(self, text: str) -> tuple[int, ...]:
        """A text as tokens, longest match first; empty when a part of it has no token."""
        rest = text.encode().replace(b" ", _WORD_START)
        found: list[int] = []
        while rest:
            length = next((size for size in range(min(len(rest), _LONGEST), 0, -1) if rest[:size] in self._numbers), 0)
            if not length:
                return ()
            found.append(self._numbers[rest[:length]])
            rest = rest[length:]
        return tuple(found)

    def begins_word(self, token: int) -> bool:
        """Whether a token stands at the start of a word."""
        return self.pieces[token].startswith(_WORD_START)
