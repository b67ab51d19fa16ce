"""Measures a running Callbox: calls it carries, processor, memory. `callbox size` and the benches use it."""
