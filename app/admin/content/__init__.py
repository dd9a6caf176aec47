"""Editing pages, news, links and the urgent notice, with their versions."""
