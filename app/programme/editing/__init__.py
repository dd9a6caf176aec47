"""What organisers do to the working programme, one deed at a time."""
