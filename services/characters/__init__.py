"""Characters: definitions, versions, resolution for a call."""
