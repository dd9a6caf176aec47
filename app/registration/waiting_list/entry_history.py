"""The history of a wait, in words for the waiting person.

The audit log names actors; here the organisers are one, and their reasons are shown.
"""

from dataclasses import dataclass
from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.history import queries as history
from app.history.models import HistoryEntry
from app.registration.waiting_list.category_waits import BOOKING_ENDED
from app.registration.waiting_list.entries import MERGED
from app.registration.waiting_list.joining import ADDED_FROM_SPREADSHEET
from app.registration.waiting_list.manual_changes import MOVED, OFFERED_BY_HAND
from app.registration.waiting_list.models import WaitingListEntry
from app.registration.waiting_list.terms import CHANGED_CATEGORY, CHANGED_DAYS
from app.web.formatting import local_moment

PLACE: Final = {
    "Joined the waiting list": _l("You joined the waiting list"),
    "Joined the waiting list after approval": _l("The organisers approved your application"),
    ADDED_FROM_SPREADSHEET: _l("The organisers added you to the waiting list"),
    "A place was offered": _l("We offered you a place"),
    "A place was offered again": _l("We offered you a place again"),
    "Accepted the offer of a place": _l("You accepted the place"),
    "Has a place in another way": _l("You got a place in another way"),
    "The offer of a place ended": _l("The offer has ended"),
    "Declined the offer of a place": _l("You declined the offer"),
    "Left the waiting list": _l("You left the waiting list"),
    "Removed from the waiting list": _l("The organisers removed you from the waiting list"),
    BOOKING_ENDED: _l("You were removed because your booking ended"),
    CHANGED_DAYS: _l("You changed the days that you are waiting for"),
    MERGED: _l("The organisers merged your two bookings, and you kept your position"),
}
SEAT: Final = {
    "Joined the waiting list for {title}": _l("You joined the waiting list"),
    "A seat in {title} was offered": _l("We offered you a seat"),
    "Took a seat in {title}": _l("You accepted the seat"),
    "The offer of a seat in {title} ended": _l("The offer ended"),
    "The offer of a seat in {title} ends earlier": _l(
        "The session starts earlier, and so your offer ends earlier"
    ),
    "Declined the offer of a seat in {title}": _l("You declined the offer"),
    "Left the waiting list for {title}": _l("You left the waiting list"),
    "Removed from the waiting list for {title}": _l(
        "The organisers removed you from the waiting list"
    ),
    "The waiting list for {title} was closed": _l("The waiting list was closed"),
    "The booking ended, and the wait for {title}": _l(
        "You were removed because your booking ended"
    ),
    "The day of the session is not in the booking any more": _l(
        "You were removed because your booking no longer includes the day of the session"
    ),
}
WITH_WORDS: Final = {  # prefixes of sentences whose rest is shown unchanged
    f"{MOVED}: ": _l("The organisers moved you to the top of the list"),
    f"{OFFERED_BY_HAND}: ": _l("The organisers made you an offer before your turn"),
    f"{CHANGED_CATEGORY} ": _l("You changed your category"),
}


@dataclass(frozen=True)
class Step:
    """An event of an entry, and its time."""

    label: str
    moment: str
    words: str = ""  # a reason, or a choice


def list_steps(entry: WaitingListEntry) -> list[Step]:
    """List the events of an entry, in order."""
    labels = {text.format(title=entry.title): label for text, label in {**PLACE, **SEAT}.items()}
    return [_build(one, labels) for one in history.list_entries(entry.history_subject)]


def _build(one: HistoryEntry, labels: dict[str, object]) -> Step:
    moment = local_moment(one.happened_at)
    for beginning, label in WITH_WORDS.items():
        if one.summary.startswith(beginning):
            return Step(str(label), moment, one.summary.removeprefix(beginning))
    return Step(str(labels.get(one.summary, gettext(one.summary))), moment)
