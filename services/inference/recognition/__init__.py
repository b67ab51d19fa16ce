"""From an audio stream to a speech recognition engine: voice detection, utterances, scheduling."""
