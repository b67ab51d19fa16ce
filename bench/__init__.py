"""Programs that measure Callbox's published figures."""
