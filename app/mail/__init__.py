"""Outgoing emails: an outbox table, written in the same transaction as the change they report."""
