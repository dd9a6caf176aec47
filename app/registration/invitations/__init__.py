"""Invitation codes: they open a category that is not for everyone, and may keep places."""
