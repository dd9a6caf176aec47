"""Equality monitoring: who takes part, counted without any link to a person."""
