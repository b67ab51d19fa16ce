"""Callbox's services."""
