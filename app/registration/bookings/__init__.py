"""A delegate's own booking: viewed, changed and cancelled through the link in their emails."""
