"""How Callbox is deployed."""
