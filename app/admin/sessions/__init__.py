"""Sessions of the working programme: list, details, editing, bulk changes."""
