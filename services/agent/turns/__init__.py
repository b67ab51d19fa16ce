"""The session of livekit-agents: persona, memory, greeting, turn taking, and lines that bridge a silence."""
