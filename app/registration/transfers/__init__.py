"""Transferring a place: a delegate who cannot come offers it to a colleague."""
