"""Seats in sessions: who booked one, how many are left, and giving them back."""
