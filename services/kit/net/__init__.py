"""Limits on incoming HTTP, and the guarded client for outgoing requests."""
