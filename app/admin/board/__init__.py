"""The schedule board: a day's sessions by room and time, which can be moved."""
