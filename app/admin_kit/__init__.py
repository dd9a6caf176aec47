"""What every list and form of admin is built from; it imports no section."""
