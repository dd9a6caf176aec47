"""Importing and exporting programmes: native JSON, c3voc schedules, iCalendar, tables, text."""
