"""The waiting list: who is waiting for a place or a seat, whose turn it is, and offers."""
