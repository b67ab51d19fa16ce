"""Recognisers and voices: choice of engine and endpoint, failover, recognition and synthesis."""
