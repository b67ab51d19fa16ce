"""Routes by the noun they are about."""
