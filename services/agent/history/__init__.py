"""The record of a call: its events, latency, live state and failovers."""
