"""Access and dietary requirements as cases: who arranges what, by when, and the replies."""
