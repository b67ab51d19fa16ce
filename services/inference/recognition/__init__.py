"""What stands between an audio stream and a speech recognition engine: voicing, utterances, scheduling."""
