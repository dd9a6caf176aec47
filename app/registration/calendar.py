"""The calendar entry of a booking, asked for by letters and by its page."""

from app.registration.models import Delegate
from app.web import languages


def entry(delegate: Delegate) -> bytes:
    """Write the entry as it stands now; a later one replaces it in the reader's calendar."""
    # the library takes 4 MB, and the mail worker never writes an entry
    from app.registration import calendar_entry  # noqa: PLC0415

    with languages.speaking(delegate.language):
        return calendar_entry.written(delegate)
