"""Exporters: native JSON, schedule.xml and schedule.json of c3voc, and tables."""
