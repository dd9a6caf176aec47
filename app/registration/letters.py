"""The letters about bookings, each written in the transaction of the news it brings.

A letter holds no word of what someone needs to take part. Only letters hold the link that
opens a booking, so the outbox forgets their text as soon as they are sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.mail import services as mail
from app.registration import calendar, countries
from app.registration.bookings.changes import NEEDS, Change
from app.registration.models import Delegate
from app.web import languages
from app.web.words import local_date

WORDS = {
    "given_names": _l("Given names"),
    "family_name": _l("Family name"),
    "badge_name": _l("Name on your badge"),
    "organisation": _l("Organisation"),
    "role": _l("Role"),
    "country": _l("Country"),
    "days": _l("Days on which you come"),
}


@dataclass(frozen=True)
class News:
    """A change in words."""

    what: str
    old: str
    new: str


def registration_confirmed(delegate: Delegate) -> None:
    """Tell a delegate that they have a place."""
    _write("registration_confirmed", delegate, entry=calendar.entry(delegate))


def already_registered(delegate: Delegate) -> None:
    """Tell a delegate that someone has asked for their place again."""
    _write("already_registered", delegate, entry=calendar.entry(delegate))


def booking_changed(delegate: Delegate, changes: Sequence[Change]) -> None:
    """Tell a delegate what has changed in their booking, old and new."""
    with languages.speaking(delegate.language):
        news = [in_words(change) for change in changes if change.what != NEEDS]
    _write(
        "booking_changed",
        delegate,
        entry=calendar.entry(delegate),
        news=news,
        are_needs_other=any(change.what == NEEDS for change in changes),
        are_days_other=any(change.what == "days" for change in changes),
    )


def booking_cancelled(delegate: Delegate) -> None:
    """Tell a delegate that their place has been given back."""
    _write("booking_cancelled", delegate, entry=calendar.entry(delegate))


def address_to_confirm(delegate: Delegate) -> None:
    """Ask the reader of a new address whether it is right."""
    _write("address_to_confirm", delegate, to=delegate.new_email)


def address_changed(delegate: Delegate, old: str) -> None:
    """Tell the reader of the old address that letters now go to another."""
    _write("address_changed", delegate, to=old, old=old, masked=masked(delegate.email))


def address_corrected(delegate: Delegate, old: str) -> None:
    """Tell the reader of the old address that the organisers have put another in its place."""
    _write("address_corrected", delegate, to=old, old=old, masked=masked(delegate.email))


def address_change_asked(delegate: Delegate) -> None:
    """Tell a delegate that someone without their link wanted to correct their address."""
    _write("address_change_asked", delegate)


def booking_links(email: str, delegates: Sequence[Delegate], language: str) -> None:
    """Send the links of every booking at an address; where there is none, say so there."""
    only = delegates[0] if len(delegates) == 1 else None
    mail.post(
        "booking_links",
        to=email,
        language=language,
        about=only.reference if only else "",
        is_secret=True,
        calendar=calendar.entry(only) if only else None,
        delegates=delegates,
    )


def in_words(change: Change) -> News:
    """Say a change in the language of the moment."""
    shown = [_shown(change.what, answer) for answer in (change.old, change.new)]
    return News(str(WORDS[change.what]), *shown)


def masked(email: str) -> str:
    """Show as much of an address as its owner needs to recognise it: a…@example.org."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


def _write(
    name: str, delegate: Delegate, *, to: str = "", entry: bytes | None = None, **what: object
) -> None:
    mail.post(
        name,
        to=to or delegate.email,
        language=delegate.language,
        about=delegate.reference,
        is_secret=True,
        calendar=entry,
        delegate=delegate,
        **what,
    )


def _shown(what: str, answer: str) -> str:
    """Show an answer as its reader would say it."""
    if what == "days":
        return ", ".join(local_date(date.fromisoformat(day)) for day in answer.split())
    if what == "country":
        return countries.named(answer, languages.current().code)
    return answer or gettext("nothing")
