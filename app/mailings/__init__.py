"""Group emails: recipients, writing, scheduling, sending and reporting."""
