"""What speakers would like changed, and what organisers make of it."""
