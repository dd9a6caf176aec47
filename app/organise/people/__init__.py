"""Who runs the conference: inviting, roles, devices."""
