"""Taking back what was changed."""
