"""What the objects inside a definition have in common."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo

from services.kit.definition_part import Part
from services.kit.forms.definition import PatternBudget
from services.kit.net.url_policy import Allowances, url_faults

# What stands for the characters of a secret that are not shown.
DOTS = "••••"
MASK_TAIL_CHARACTERS = 4

Short = Annotated[str, Field(max_length=200)]
Url = Annotated[str, Field(max_length=2048)]
Secret = Annotated[str, Field(max_length=4096)]


@dataclass(frozen=True)
class Rules:
    """What an operator has a say in. allowed: private addresses that URLs may name."""

    allowed: Allowances = field(default_factory=Allowances)


STRICT = Rules()
_MAX_SCHEMA_PATTERNS = 500
_NOT_IN_URLS = frozenset(' "<>\\^`{|}')


class Judging(PatternBudget):
    """One definition being judged: by which rules, and what all its patterns together may still cost."""

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self.rules = rules
        self._schema_patterns = 0

    def affords(self, pattern: str, work: int) -> bool:
        """Whether one more pattern of an input schema may be used."""
        self._schema_patterns += 1
        return self._schema_patterns <= _MAX_SCHEMA_PATTERNS and self.pays(pattern, work)


def judge_url(url: str, info: ValidationInfo) -> str:
    """A URL that may be asked for the owner (contract 14.9), or an empty text.

    Raises: ValueError.
    """
    rules = info.context.rules if isinstance(info.context, Judging) else STRICT
    if url and (faults := url_faults(url, rules.allowed)):
        raise ValueError(faults[0])
    return url


# A URL that Callbox asks for the owner; and one that must be there.
FetchedUrl = Annotated[Url, AfterValidator(judge_url)]
TargetUrl = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(judge_url)]


def is_web_url(url: str) -> bool:
    """Whether this is an http(s) URL that a page may show, without a password in it."""
    try:
        parts = urlsplit(url)
        # Of a port that is none, reading it tells.
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return named and parts.username is None and is_url_text(url)


def is_url_text(url: str) -> bool:
    """Whether no character stands here that a URL has only percent-encoded (RFC 3986; letters of any script may)."""
    return url.isprintable() and not _NOT_IN_URLS.intersection(url)


def at_most_bytes(limit: int) -> AfterValidator:
    """A limit on a string as UTF-8, or on anything else as compact UTF-8 JSON."""

    def check(value: Any) -> Any:
        content = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        text = content if isinstance(content, str) else compact(content)
        if len(text.encode()) > limit:
            raise ValueError(f"must be at most {limit:,} bytes of UTF-8")
        return value

    return AfterValidator(check)


def compact(content: Any) -> str:
    """JSON without blanks."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


class NamedPart(Part):
    """A part that is referred to by name."""

    name: str


def is_mask(text: str) -> bool:
    """Whether this is what is shown of some secret."""
    return text.startswith(DOTS) and len(text) in (len(DOTS), len(DOTS) + MASK_TAIL_CHARACTERS)


def one_of(words: Sequence[str]) -> str:
    """The end of a sentence that names what is known."""
    return f"must be one of {', '.join(repr(word) for word in words)}"
