"""Reviewing changes that speakers propose."""
