"""Letters and what became of them."""
