"""Language tags (BCP-47)."""

from collections.abc import Iterable
from typing import Annotated

import langcodes
from pydantic import AfterValidator, Field


def is_tag(text: str) -> bool:
    """Whether a text is a valid BCP-47 tag, such as "en" or "pt-BR". A tag with an underscore is not."""
    return "_" not in text and langcodes.tag_is_valid(text)


def _tag(text: str) -> str:
    if not is_tag(text):
        raise ValueError('must be a BCP-47 language tag such as "en" or "pt-BR"')
    return text


LanguageTag = Annotated[str, Field(max_length=100), AfterValidator(_tag)]


def lookup(tag: str, served: Iterable[str]) -> str | None:
    """The served language that matches a tag by RFC 4647 lookup: the tag itself, else shortened from its end."""
    by_folded = {language.lower(): language for language in served}
    subtags = tag.lower().split("-")
    while subtags:
        if found := by_folded.get("-".join(subtags)):
            return found
        subtags.pop()
        # A single-character subtag only introduces the one after it, which was just removed.
        if subtags and len(subtags[-1]) == 1:
            subtags.pop()
    return None
