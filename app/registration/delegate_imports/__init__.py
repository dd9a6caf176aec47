"""Delegates from a spreadsheet: shown before anything is saved, then saved in one transaction."""
