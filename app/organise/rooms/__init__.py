"""The rooms of the working programme."""
