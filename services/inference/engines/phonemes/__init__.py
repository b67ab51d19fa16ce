"""Converts text to phonemes in misaki's alphabet, on which Hibari and Kokoro were trained."""
