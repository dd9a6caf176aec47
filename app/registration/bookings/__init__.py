"""A delegate's own booking: seen, changed and cancelled by the link in their letters."""
