"""Letters out: written in the same transaction as the news they bring."""
