"""The themes of the working programme."""
