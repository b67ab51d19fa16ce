"""The tokenizer of the sentence embedding model (WordPiece). Lengths of text are counted in its tokens.

`data/wordpiece.txt` is the vocabulary of BERT base uncased (Google, Apache-2.0), which MiniLM shares.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tokenizers import Encoding
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

_VOCABULARY = Path(__file__).parent / "data" / "wordpiece.txt"


def encode(texts: Sequence[str]) -> list[Encoding]:
    """The tokens of each text with their offsets, [CLS] and [SEP] included."""
    return list(_tokenizer().encode_batch(list(texts)))


def count(text: str) -> int:
    """Number of tokens in a text, without [CLS] and [SEP]."""
    return len(_tokenizer().encode(text, add_special_tokens=False).ids)


@cache
def _tokenizer() -> BertWordPieceTokenizer:
    return BertWordPieceTokenizer(str(_VOCABULARY), lowercase=True)
