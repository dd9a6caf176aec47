"""Passing a place on: a delegate who cannot come gives it to a colleague."""
