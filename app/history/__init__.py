"""Who did what, in plain sentences."""
