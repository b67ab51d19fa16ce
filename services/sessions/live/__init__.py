"""Watching calls while they go on."""
