"""The gateway with everything behind it."""
