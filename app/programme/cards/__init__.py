"""Cards: the pictures that stand for sessions where their addresses are shared."""
