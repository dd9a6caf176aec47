"""Delegates: list, details, changes, cancellation, exports."""
