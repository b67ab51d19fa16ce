"""The worker's side towards LiveKit and sessions: server, reports, health checks, audio of the fixed lines."""
