"""Telling tenants what happens to their calls (contract 14.11, 14.12): Standard Webhooks from an outbox."""
