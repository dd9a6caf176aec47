"""Which speakers have a place at the conference, and places kept for them."""
