"""Callbox on one machine: every part as a supervised process."""
