"""Callbox on the command line."""
