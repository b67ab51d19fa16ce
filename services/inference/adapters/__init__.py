"""Thin classes between Triton's Python backend and the engines; they contain no model code."""
