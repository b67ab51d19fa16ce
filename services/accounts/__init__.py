"""Accounts: users, tenants, credentials and limits."""
