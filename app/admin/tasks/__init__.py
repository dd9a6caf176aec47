"""The tasks of the dashboard: what needs doing, by topic, and which tasks are open now."""
