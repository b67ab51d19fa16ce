"""Exports and deletes what this service stores of a user."""
