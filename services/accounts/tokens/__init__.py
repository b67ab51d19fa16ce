"""Access and refresh tokens, and the keys that sign and encrypt them."""
