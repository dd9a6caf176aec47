"""Every email that the site sends: its name, who gets it, when, and a preview."""
