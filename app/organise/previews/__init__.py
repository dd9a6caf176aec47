"""Links that show the working programme to people without an account."""
