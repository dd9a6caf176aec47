"""Applications: registering in a category that needs the organisers' approval."""
