"""Generating an invented conference with speakers and delegates, for demonstrations."""
