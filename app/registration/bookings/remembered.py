"""What the history tells of a change to a booking: before and after, in words, field by field.

Only the fields below are told. What somebody needs to take part is not among them: whoever reads
the history learns that it changed and never what it says. The words are those of the history's
sentences, whatever language the delegate reads.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from app.history.changes import Change
from app.registration import countries
from app.registration.bookings import changes
from app.web import languages
from app.web.words import local_date

EMAIL, NEW_EMAIL = "email", "new_email"
LABELS = {
    "given_names": "Given names",
    "family_name": "Family name",
    "badge_name": "Name on the badge",
    EMAIL: "Email address",
    NEW_EMAIL: "New email address, to be confirmed",
    "organisation": "Organisation",
    "role": "Role",
    "country": "Country",
    "days": "Days",
}


def told(made: Iterable[changes.Change]) -> Sequence[Change]:
    """Tell changes as the history keeps them, but for needs."""
    with languages.speaking(languages.SOURCE):
        return [_told(one) for one in made if one.what in LABELS]


def _told(change: changes.Change) -> Change:
    return Change(
        field=change.what,
        before=change.old,
        after=change.new,
        label=LABELS[change.what],
        old=_said(change.what, change.old),
        new=_said(change.what, change.new),
    )


def _said(what: str, answer: str) -> str:
    if what == "days":
        return ", ".join(local_date(date.fromisoformat(day)) for day in answer.split())
    return countries.named(answer, languages.SOURCE) if what == "country" else answer
