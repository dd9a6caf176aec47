"""Changes proposed by speakers, kept apart from the programme until an organiser approves them."""
