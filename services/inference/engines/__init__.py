"""Speech engines as plain classes without Triton: load, step, close."""
