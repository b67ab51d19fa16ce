"""PostgreSQL, Redis and LiveKit as this service reaches them."""
