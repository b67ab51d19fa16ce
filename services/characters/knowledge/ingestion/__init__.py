"""From an uploaded file or web page to passages that a search finds."""
