"""From a reply's text to a speech synthesis engine: clauses, pauses, loudness, scheduling."""
