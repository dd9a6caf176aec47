"""The settings of the conference."""
