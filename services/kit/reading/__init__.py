"""Turns written text into text for speech synthesis, as a person would read it aloud."""
