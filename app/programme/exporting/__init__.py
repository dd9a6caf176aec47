"""A programme as files for other programs, and for our own.

    source = sources.working("https://conference.example", places=500)
    for format in FORMATS.values():
        save(format.file_name, format.media_type, format.write(source))
    head, rows = TABLES["sessions"].filled(source.document)

Our own JSON holds all that we know, so loading it gives the same programme again. The schedules
of c3voc hold what other programs read: nothing that is cancelled or has no time, prose as HTML,
and for each thing an identity that stays the same (``identities``). Tables are for people.
"""

from app.programme.exporting import sources
from app.programme.exporting.formats import FORMATS, TABLES
from app.programme.exporting.sources import Source

__all__ = ["FORMATS", "TABLES", "Source", "sources"]
