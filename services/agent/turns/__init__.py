"""The session of livekit-agents: who speaks, what is remembered, and what bridges a silence."""
