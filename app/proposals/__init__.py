"""Changes proposed by speakers, stored separately until an organiser approves them."""
