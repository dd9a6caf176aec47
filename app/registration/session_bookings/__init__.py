"""Seats in sessions: who has booked one, how many are left, and releasing them."""
