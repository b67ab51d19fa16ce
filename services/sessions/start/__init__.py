"""Starts sessions: a call is admitted with everything it needs, or refused and undone."""
