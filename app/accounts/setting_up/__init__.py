"""Setting up a second step, and what comes with it."""
