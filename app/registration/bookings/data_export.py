"""A delegate's personal data as JSON, for people and programs to read."""

from typing import Any

from app import clock
from app.agenda.models import Agenda
from app.history import queries as history
from app.history.services import ACTOR_DELEGATE, ACTOR_SITE
from app.mail import queries as mail
from app.registration.bookings import queries
from app.registration.models import Delegate

FIELDS = (
    *("reference", "given_names", "family_name", "badge_name", "email", "pending_email"),
    *("organisation", "role", "country", "language", "is_added_by_team"),
)
IMPERSONAL_ACTORS = frozenset({ACTOR_DELEGATE, ACTOR_SITE})  # all others are email addresses
MOMENT_FIELDS = ("consented_at", "registered_at", "cancelled_at")


def export_delegate(delegate: Delegate) -> dict[str, Any]:
    """Collect all data except the keys that open the booking."""
    needs = delegate.needs
    return {
        "made_at": clock.now().isoformat(),
        "booking": {
            **{name: getattr(delegate, name) for name in FIELDS},
            **{name: _isoformat(getattr(delegate, name)) for name in MOMENT_FIELDS},
            "days": delegate.days.split(),
        },
        "needs": {
            "access_needs": needs.access if needs else "",
            "dietary_needs": needs.dietary if needs else "",
        },
        "agenda": _export_agenda(queries.find_linked_agenda(delegate)),
        "letters": [
            {
                "subject": letter.subject,
                "to": letter.recipient,
                "state": letter.state,
                "written_at": _isoformat(letter.created_at),
                "sent_at": _isoformat(letter.sent_at),
            }
            for letter in mail.list_for_booking(delegate.reference)
        ],
        "history": [
            {
                "happened_at": _isoformat(entry.happened_at),
                "who": entry.actor if entry.actor in IMPERSONAL_ACTORS else "the organisers",
                "what": entry.summary,
                "changes": [
                    {"field": one.label, "before": one.old, "after": one.new}
                    for one in entry.field_changes
                ],
            }
            for entry in history.list_entries(delegate.history_subject)
        ],
    }


def _export_agenda(agenda: Agenda | None) -> list[dict[str, Any]]:
    """List the sessions of the linked agenda."""
    return [
        {
            "session": star.title,
            "starts_at": _isoformat(star.starts_at),
            "ends_at": _isoformat(star.ends_at),
            "room": star.room,
        }
        for star in (agenda.stars if agenda else [])
    ]


def _isoformat(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
