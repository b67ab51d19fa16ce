"""What is told of a call: its events, its latency, its live state and its failovers."""
