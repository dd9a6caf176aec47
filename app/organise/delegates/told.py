"""What pages of the back office say about a delegate, and about two versions of one."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from app.history.changes import Change
from app.registration import countries, letters
from app.registration.bookings import changes
from app.registration.models import Delegate
from app.registration.told import Told
from app.web import languages
from app.web.words import local_date, local_moment

Fact = tuple[str, str]


@dataclass(frozen=True)
class Versions:
    """What is saved now beside what was typed, where they differ."""

    differing: Sequence[Change]


def facts(delegate: Delegate) -> list[Fact]:
    """Say what is known of a delegate, but for what they need."""
    nothing = gettext("Not given")
    return [
        (gettext("Name"), delegate.full_name),
        (gettext("Name on the badge"), delegate.badge_name),
        (gettext("Email address"), delegate.email),
        (gettext("Organisation"), delegate.organisation or nothing),
        (gettext("Role"), delegate.role or nothing),
        (gettext("Country"), country(delegate.country)),
        (gettext("Days"), ", ".join(local_date(day) for day in delegate.days_attending)),
        (gettext("Registered"), _registered(delegate)),
    ]


def country(code: str) -> str:
    """Name a country in the language of the page."""
    return countries.named(code, languages.current().code)


def versions(delegate: Delegate, wanted: Told) -> Versions:
    """Set what is saved of a delegate beside what was typed."""
    found = changes.differing(delegate, wanted)
    return Versions([_change(one, letters.in_words(one)) for one in found])


def addresses(delegate: Delegate, typed: str) -> Versions:
    """Set the address that is saved beside the one that was typed."""
    return _versions((gettext("Email address"), delegate.email, typed))


def needs(delegate: Delegate, access: str, dietary: str) -> Versions:
    """Set the needs that are saved beside those that were typed."""
    saved = changes.told(delegate)
    return _versions(
        (gettext("What they need to take part"), saved.access_needs or "", access),
        (gettext("What they do not eat or drink"), saved.dietary_needs or "", dietary),
    )


def _versions(*rows: tuple[str, str, str]) -> Versions:
    return Versions(
        [
            Change(field="", before=old, after=new, label=label, old=old, new=new)
            for label, old, new in rows
            if old != new
        ]
    )


def _change(change: changes.Change, said: letters.News) -> Change:
    return Change(
        field=change.what,
        before=change.old,
        after=change.new,
        label=said.what,
        old=said.old,
        new=said.new,
    )


def _registered(delegate: Delegate) -> str:
    at = local_moment(delegate.registered_at)
    return gettext("%(moment)s, added by hand", moment=at) if delegate.is_by_hand else at
