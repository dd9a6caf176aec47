"""Expressions of interest: people say that they want to attend, and organisers invite some."""
