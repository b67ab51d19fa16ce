"""Thin classes between Triton's Python backend and the engines; they hold no model code."""
