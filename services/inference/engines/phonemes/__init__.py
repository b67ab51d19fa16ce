"""Text to phonemes in misaki's alphabet, the one that Hibari and Kokoro were trained on."""
