"""Invitation codes: they open a restricted category, and may keep places."""
