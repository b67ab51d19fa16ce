"""Migrations of the sessions schema."""
