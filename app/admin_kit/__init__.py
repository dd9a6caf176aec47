"""What every list and form of admin is built from; it imports none of the sections."""
