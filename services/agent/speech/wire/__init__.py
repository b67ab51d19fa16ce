"""Clients for the protocols of speech engines: Triton and NVIDIA Riva."""
