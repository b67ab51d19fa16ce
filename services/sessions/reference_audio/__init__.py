"""Reference audio: a recording whose voice the agent of a call imitates."""
