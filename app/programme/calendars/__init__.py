"""Calendars that others subscribe to: of the programme, of one session, of what someone chose.

    calendars.written(releases.current(), site=…, name=…, address=…)
    calendars.written(…, keys=those_of_her_sessions)

It sends no SQL and loads no library: each public calendar is made again after each release, and
one of two thousand sessions must be there as fast as a page.
"""

from app.programme.calendars.entries import MAKER, Entry, entries, entry, written

__all__ = ["MAKER", "Entry", "entries", "entry", "written"]
