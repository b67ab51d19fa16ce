"""The start of a session: admitted with everything in place, or refused with nothing left behind."""
