"""What readers see of a speaker and of a session, written by those whose words they are."""
