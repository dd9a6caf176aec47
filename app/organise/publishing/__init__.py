"""What will change, publishing it, and going back."""
