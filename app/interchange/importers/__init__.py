"""Importers: native JSON, c3voc schedules, iCalendar, CSV, workbooks, normalised to one model."""
