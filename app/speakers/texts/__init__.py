"""The public texts of speakers and sessions, written by speakers and owners."""
