"""Reads sessions, turns and totals back."""
