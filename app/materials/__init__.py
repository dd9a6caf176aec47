"""Materials of sessions: slides and papers as files or links, and when they become public."""
