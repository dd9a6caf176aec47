"""Editable fields of sessions, speakers, rooms, themes and the conference (``edits.FieldSet``)."""
