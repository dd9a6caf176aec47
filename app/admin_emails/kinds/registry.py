"""Every type of email, by the names of their templates in ``templates/mail/``.

The list of emails, its filter and the page "What emails say" use it.
"""

from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple

from flask_babel import lazy_gettext as _l

from app.admin_emails.kinds.bookings import BOOKINGS
from app.admin_emails.kinds.email_kind import EmailKind
from app.admin_emails.kinds.places import PLACES
from app.admin_emails.kinds.sessions import SESSIONS
from app.admin_emails.kinds.speakers import SPEAKERS
from app.admin_emails.kinds.team import TEAM


class EmailGroup(NamedTuple):
    """Types of email about one matter."""

    label: Any
    kinds: Mapping[str, EmailKind]


EMAIL_GROUPS: Final = (
    EmailGroup(_l("Bookings and groups"), BOOKINGS),
    EmailGroup(_l("Seats in sessions"), SESSIONS),
    EmailGroup(_l("Applications, invitations and the waiting list"), PLACES),
    EmailGroup(_l("Speakers"), SPEAKERS),
    EmailGroup(_l("The team"), TEAM),
)
EMAIL_KINDS: Final[Mapping[str, EmailKind]] = {
    template: kind for group in EMAIL_GROUPS for template, kind in group.kinds.items()
}
WITH_CALENDAR: Final = frozenset(
    {
        *(
            "registration_confirmed",
            "application_approved",
            "already_registered",
            "booking_changed",
            "booking_restored",
            "place_passed_on",
        ),
        *("booking_cancelled", "booking_links"),
    }
)
WITHOUT_TEMPLATE: Final = {"mailing": _l("Group email")}  # written by organisers


def get_email_name(template: str) -> str:
    """Return the display name of an email, including those that are no longer sent."""
    if template in WITHOUT_TEMPLATE:
        return str(WITHOUT_TEMPLATE[template])
    kind = EMAIL_KINDS.get(template)
    return str(kind.name) if kind else template.replace("_", " ").capitalize()


def email_choices(hidden: Collection[str] = ()) -> list[tuple[str, str]]:
    """Return the emails and their names, sorted by name, without hidden ones."""
    visible_kinds = [(name, kind) for name, kind in EMAIL_KINDS.items() if name not in hidden]
    names = [(template, str(kind.name)) for template, kind in visible_kinds]
    names += [(template, str(name)) for template, name in WITHOUT_TEMPLATE.items()]
    return sorted(names, key=itemgetter(1))
