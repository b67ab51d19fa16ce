"""What stands between a reply's text and a speech synthesis engine: clauses, pauses, loudness, whose turn it is."""
