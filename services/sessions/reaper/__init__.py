"""Ends what nobody ended in time: unclaimed, abandoned and overlong calls, and rooms without a session."""
