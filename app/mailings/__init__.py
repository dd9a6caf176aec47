"""Emails to many people: who gets one, writing, scheduling, sending and reporting."""
