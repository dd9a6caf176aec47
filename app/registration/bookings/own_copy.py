"""All that the conference holds about a delegate, in a form that people and programs read."""

from typing import Any

from app import clock
from app.agenda.models import Agenda
from app.history import queries as history
from app.history.services import THE_DELEGATE, THE_SITE
from app.mail import queries as mail
from app.registration.bookings import queries
from app.registration.models import Delegate

COLUMNS = (
    *("reference", "given_names", "family_name", "badge_name", "email", "new_email"),
    *("organisation", "role", "country", "language", "is_by_hand"),
)
OURSELVES = frozenset({THE_DELEGATE, THE_SITE})  # anyone else is a person with an address
MOMENTS = ("consented_at", "registered_at", "cancelled_at")


def everything(delegate: Delegate) -> dict[str, Any]:
    """Gather all of it, but for the keys that only open the booking."""
    needs = delegate.needs
    return {
        "made_at": clock.now().isoformat(),
        "booking": {
            **{name: getattr(delegate, name) for name in COLUMNS},
            **{name: _moment(getattr(delegate, name)) for name in MOMENTS},
            "days": delegate.days.split(),
        },
        "needs": {
            "access_needs": needs.access if needs else "",
            "dietary_needs": needs.dietary if needs else "",
        },
        "agenda": _agenda(queries.agenda_with(delegate)),
        "letters": [
            {
                "subject": letter.subject,
                "to": letter.recipient,
                "state": letter.state,
                "written_at": _moment(letter.written_at),
                "sent_at": _moment(letter.sent_at),
            }
            for letter in mail.letters_about(delegate.reference)
        ],
        "history": [
            {
                "happened_at": _moment(entry.happened_at),
                "who": entry.who if entry.who in OURSELVES else "the organisers",
                "what": entry.sentence,
                "changes": [
                    {"field": one.label, "before": one.old, "after": one.new} for one in entry.made
                ],
            }
            for entry in history.entries(delegate.subject)
        ],
    }


def _agenda(agenda: Agenda | None) -> list[dict[str, Any]]:
    """List what is in the agenda that is kept with the booking."""
    return [
        {
            "session": star.title,
            "starts_at": _moment(star.starts_at),
            "ends_at": _moment(star.ends_at),
            "room": star.room,
        }
        for star in (agenda.stars if agenda else [])
    ]


def _moment(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
