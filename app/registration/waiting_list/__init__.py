"""The waiting list: who waits for a place or a seat, whose turn it is, and offers."""
