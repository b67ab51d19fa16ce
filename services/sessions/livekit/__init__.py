"""LiveKit as this service uses it."""
