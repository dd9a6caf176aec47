"""Ballots: seats in scarce sessions that are drawn among those who want them."""
