"""Publishing, scheduling, comparing and rolling back releases."""
