"""Form responses: the answers that callers and visitors give to the forms of a character."""
