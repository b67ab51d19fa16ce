"""Sessions, turns and usage, as they are written and read."""
