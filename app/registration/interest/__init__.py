"""Expressions of interest: people say that they would like to come, and organisers invite some."""
