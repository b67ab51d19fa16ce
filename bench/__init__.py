"""Programs that measure Callbox; what its claims of speed rest on."""
