"""What this service stores of a user: exported and deleted."""
