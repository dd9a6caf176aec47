"""Delegates and their bookings."""
