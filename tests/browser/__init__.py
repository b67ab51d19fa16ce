"""The page in a real browser, against a whole stack, with a microphone that speaks."""
