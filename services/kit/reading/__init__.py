"""What a person would read aloud of a text that was written to be seen."""
