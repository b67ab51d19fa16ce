"""What happens to a session after its start, up to its one end."""
