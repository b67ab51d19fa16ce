"""Webhooks to tenants (contract 14.11, 14.12): Standard Webhooks, sent from an outbox."""
