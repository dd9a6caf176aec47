"""Seeing the site as of another moment."""
