"""Measures a running Callbox: concurrent calls, processor, memory. `callbox size` and the benches use it."""
