"""Calls while they go on, for those who watch."""
