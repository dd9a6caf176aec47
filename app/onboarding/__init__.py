"""Replacing the example with a conference of the site's own."""
