"""The recording whose voice a call's agent is to resemble."""
