"""Protocols of speech engines: Triton and NVIDIA Riva."""
