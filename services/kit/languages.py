"""Tags of languages (BCP-47)."""

import langcodes


def is_tag(text: str) -> bool:
    """Whether a text is a valid BCP-47 tag, such as "en" or "pt-BR"; underscores are of other systems."""
    return "_" not in text and langcodes.tag_is_valid(text)
