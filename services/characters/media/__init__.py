"""Pictures and voices of characters."""
