"""Delegates from a spreadsheet: previewed first, then saved in one transaction."""
