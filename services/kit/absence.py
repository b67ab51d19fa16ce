"""How long a call waits for a participant that has left its room."""

# A client that reconnects, or whose page is loaded again, is back within this. The worker and sessions use the same
# time: otherwise one would end a call that the other keeps.
ABSENCE_SECONDS = 5.0
