"""Access requirements as cases: who arranges what, by when, and what the delegate is told."""
