"""Importing and exporting the programme as files."""
