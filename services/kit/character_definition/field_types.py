"""Types of fields that several objects of a definition share, and the context of a validation."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo

from services.kit.definition_model import SchemaKeywords
from services.kit.forms.definition import PatternBudget
from services.kit.net.url_policy import Allowances, url_faults

_MAX_SCHEMA_PATTERNS = 500
_SLUG_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
_SLUG = re.compile(_SLUG_PATTERN.replace("$", r"\Z"))
_NOT_IN_URLS = frozenset(' "<>\\^`{|}')


class ValidationContext(PatternBudget):
    """The context of one definition's validation. allowed: private addresses that its URLs may name."""

    def __init__(self, allowed: Allowances) -> None:
        super().__init__()
        self.allowed = allowed
        self._schema_patterns = 0

    def spend_on_schema(self, pattern: str, work: int) -> bool:
        """As `spend`, for a pattern of a tool's input schema, whose number is limited too."""
        self._schema_patterns += 1
        return self._schema_patterns <= _MAX_SCHEMA_PATTERNS and self.spend(pattern, work)


def _slug(slug: str) -> str:
    if not _SLUG.match(slug):
        raise ValueError("must have 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end")
    return slug


def _fetched_url(url: str, info: ValidationInfo) -> str:
    allowed = info.context.allowed if isinstance(info.context, ValidationContext) else Allowances()
    if url and (faults := url_faults(url, allowed)):
        raise ValueError(faults[0])
    return url


Slug = Annotated[str, AfterValidator(_slug), SchemaKeywords({"pattern": _SLUG_PATTERN})]
ShortText = Annotated[str, Field(max_length=200)]
Url = Annotated[str, Field(max_length=2048)]
Secret = Annotated[str, Field(max_length=4096)]
# A URL that Callbox fetches for the owner (contract 14.9), or an empty text; and one that must be there.
FetchedUrl = Annotated[Url, AfterValidator(_fetched_url)]
RequiredFetchedUrl = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_fetched_url)]


def is_web_url(url: str) -> bool:
    """Whether a text is an http(s) URL that a page may show, without a password in it."""
    try:
        parts = urlsplit(url)
        # `port` raises ValueError for a port that is no number.
        is_complete = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_complete and parts.username is None and has_only_url_characters(url)


def has_only_url_characters(url: str) -> bool:
    """Whether a text is free of characters that a URL must percent-encode (RFC 3986). Letters of any script pass."""
    return url.isprintable() and not _NOT_IN_URLS.intersection(url)


def at_most_bytes(limit: int) -> AfterValidator:
    """Limits a string by its UTF-8, and anything else by the UTF-8 of its compact JSON."""

    def check(value: Any) -> Any:
        content = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        text = content if isinstance(content, str) else compact_json(content)
        if len(text.encode()) > limit:
            raise ValueError(f"must be at most {limit:,} bytes of UTF-8")
        return value

    return AfterValidator(check)


def compact_json(content: Any) -> str:
    """JSON without blanks."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def must_be_one_of(words: Sequence[str]) -> str:
    """The sentence of a fault that lists the allowed words."""
    return f"must be one of {', '.join(repr(word) for word in words)}"
