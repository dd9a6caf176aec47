"""Becoming a delegate: steps, places, bookings, waiting list and the registration desk."""
