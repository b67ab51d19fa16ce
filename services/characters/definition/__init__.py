"""What a character consists of, and how a change of it is judged."""
