"""Endpoints that web pages call without a credential."""
