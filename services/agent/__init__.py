"""The worker: one LiveKit job is one call that hears, thinks and speaks."""
