"""The audio stages between the room and the session, in both directions."""
