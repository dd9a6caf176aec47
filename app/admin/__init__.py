"""The admin area, where the team runs the conference."""
