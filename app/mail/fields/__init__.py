"""The placeholders of each email, and their values."""
