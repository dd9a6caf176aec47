"""Which speakers have a place at the conference, and places that are kept for them."""
