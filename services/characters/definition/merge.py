"""JSON Merge Patch (RFC 7396)."""

from typing import Any


def merge(target: Any, patch: Any) -> Any:
    """The target with the patch applied: objects merge at every depth, `null` removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
