"""The worker: each LiveKit job is one call with speech recognition, a language model and speech synthesis."""
