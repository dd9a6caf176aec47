"""The pages of emails to many people."""
