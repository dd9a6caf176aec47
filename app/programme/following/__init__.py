"""What readers can follow: each release there has been, what it changed, and where things went."""
