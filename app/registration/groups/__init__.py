"""Groups: one person registers several; see decision 0047."""
