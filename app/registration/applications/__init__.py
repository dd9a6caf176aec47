"""Applications: registering in a category for which the organisers decide who may come."""
