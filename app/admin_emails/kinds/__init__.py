"""Every email that the site sends: its name, recipients, trigger and preview."""
