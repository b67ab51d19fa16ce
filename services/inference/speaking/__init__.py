"""What stands between a reply's text and a speech synthesis engine: readable text, clauses, pauses."""
