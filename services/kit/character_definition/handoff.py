"""Names of the functions that hand a call over (contract 7.7)."""

PREFIX = "transfer_to_"


def tool_name(slug: str) -> str:
    """Name of the function that hands the call over to a character: hyphens become underscores."""
    return PREFIX + slug.replace("-", "_")
