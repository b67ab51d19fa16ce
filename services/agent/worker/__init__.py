"""The worker as LiveKit and sessions know it: its server, its reports, and what it makes before the first call."""
