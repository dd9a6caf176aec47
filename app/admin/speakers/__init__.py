"""Speakers of the working programme: list, details, editing, photos."""
