"""One call: claimed, wired, held and ended."""
