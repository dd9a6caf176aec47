"""Ballots: seats in scarce sessions are drawn among the people who want them."""
