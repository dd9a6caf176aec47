"""Editable fields of sessions, speakers, rooms, themes and the conference.

Each kind of them is a ``versioned_edits.FieldSet``.
"""
