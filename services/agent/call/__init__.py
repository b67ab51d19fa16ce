"""One call: claim, wiring, conversation and end."""
