"""What every list and form of admin is built from; it knows none of the pages."""
