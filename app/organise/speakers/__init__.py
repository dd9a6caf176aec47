"""The speakers of the working programme: lists and forms."""
