"""The data channel between a call and the clients of its room (contract 6 and 14.7)."""
