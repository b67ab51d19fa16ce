"""Pictures of characters and recordings of their voices."""
