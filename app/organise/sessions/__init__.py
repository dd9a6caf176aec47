"""The sessions of the working programme: lists and forms."""
