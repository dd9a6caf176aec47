"""Base forms, fields and validators that every form of the site uses."""
