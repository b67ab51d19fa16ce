"""Recognisers and voices: which engine serves, over which endpoint, and what it hears and says."""
