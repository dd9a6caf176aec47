"""The tasks of the dashboard: what needs doing, by matter, and which of it is open now."""
