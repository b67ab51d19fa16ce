"""Export and deletion of what this service stores of a tenant."""
