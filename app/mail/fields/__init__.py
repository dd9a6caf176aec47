"""What each email can say of its recipient: the placeholders of its text, and their values."""
