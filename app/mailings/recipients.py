"""The recipients of a mailing as rows, and the reasons for exclusion.

An address gets one email, however many people share it. Before an organiser sends a mailing its
recipients are selected again each time (``app.mailings.recipient_selection``); from then on they
are rows.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from app import clock
from app.database import db
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.mail import models as mail_models
from app.mail import rendering, suppression, unsubscribe
from app.mail.models import BOUNCED, BY_DESK, COMPLAINT, UNSUBSCRIBED, Email
from app.mailings.audiences import Candidate
from app.mailings.models import LEFT_OUT, PENDING, Mailing, MailingRecipient
from app.registration.bookings import erasure
from app.text import normalise

DESELECTED: Final = "excluded by an organiser"
NO_ADDRESS: Final = "no email address"
INVALID_ADDRESS: Final = "emails cannot be sent to this address"
SAME_ADDRESS: Final = "same email address as someone else in the list"
ERASED: Final = "details deleted"
SUPPRESSED: Final = {
    UNSUBSCRIBED: "unsubscribed from emails like this one",
    COMPLAINT: "marked an email as spam",
    BOUNCED: "emails to this address are returned",
    BY_DESK: "stopped by the organisers",
}
# prefixes of the ids of people
DELEGATE, SPEAKER, WAITING = "delegate", "speaker", "waiting"
APPLICATION, INTEREST = "application", "interest"
ACCOUNT: Final = "account"  # of a speaker or assistant
REQUESTS: Final = (APPLICATION, INTEREST)  # deleted with the booking that resulted
NO_LONGER_THERE: Final = "no longer in the list"
STOPPED_BEFORE: Final = "stopped before it was sent"
# The labels of the stored reasons. Modules with further reasons add them.
REASON_NAMES: dict[str, Any] = {
    DESELECTED: _l("removed by an organiser"),
    NO_ADDRESS: _l("no email address"),
    INVALID_ADDRESS: _l("emails cannot be sent to this address"),
    SAME_ADDRESS: _l("same email address as someone else in the list"),
    ERASED: _l("details deleted"),
    SUPPRESSED[UNSUBSCRIBED]: _l("unsubscribed from emails like this one"),
    SUPPRESSED[COMPLAINT]: _l("marked an email as spam"),
    SUPPRESSED[BOUNCED]: _l("emails to this address are returned"),
    SUPPRESSED[BY_DESK]: _l("stopped by the organisers"),
    NO_LONGER_THERE: _l("no longer in the list"),
    STOPPED_BEFORE: _l("stopped before it was sent"),
}


@dataclass(frozen=True)
class PreparedRecipient:
    """A recipient with prepared values and a calendar entry."""

    candidate: Candidate
    values: Mapping[str, str] = field(default_factory=dict)
    calendar: bytes | None = None
    is_essential: bool = False  # whether this person cannot unsubscribe from it


def describe_reason(reason: str) -> str:
    """Return a stored reason in the language of the page."""
    return str(REASON_NAMES.get(reason, reason))


def exclusion_reasons(addresses: Collection[str], *, is_essential: bool) -> Mapping[str, str]:
    """Map addresses that get no mailing to the reason; essential mailings reach more of them.

    This covers unsubscribed and bouncing addresses. It is called with all addresses of a mailing at
    once, each as ``to_key`` returns it.
    """
    accepted = suppression.NOT_THEIR_WISH if is_essential else suppression.REASONS
    found = suppression.exclusion_reasons(addresses, accepted)
    return {address: SUPPRESSED[reason] for address, reason in found.items()}


def find_reasons(
    mailing: Mailing, keys: Collection[str], essential_keys: Collection[str]
) -> Mapping[str, str]:
    """Map addresses that get no mailing to the reason; it may be essential to some of them."""
    found = exclusion_reasons(keys, is_essential=mailing.is_essential)
    if mailing.is_essential or found.keys().isdisjoint(essential_keys):
        return found
    anyway = exclusion_reasons(found.keys() & set(essential_keys), is_essential=True)
    return {
        key: anyway.get(key, "") if key in essential_keys else reason
        for key, reason in found.items()
    }


def get_unsubscribe_urls(mailing: Mailing, addresses: Collection[str]) -> Mapping[str, str]:
    """Return the unsubscribe link of each address; essential emails have none."""
    return {} if mailing.is_essential else unsubscribe.get_urls(addresses)


def build_headers(unsubscribe_url: str) -> Mapping[str, str]:
    """Return the headers by which mail programs offer to unsubscribe (RFC 8058)."""
    return unsubscribe.unsubscribe_headers(unsubscribe_url) if unsubscribe_url else {}


def build_closing(unsubscribe_url: str, language: str) -> str:
    """Return how to unsubscribe, in the layout of ``app.mail.html_body``."""
    with rendering.use_supported_language(language):
        return unsubscribe.unsubscribe_footer(unsubscribe_url) if unsubscribe_url else ""


def to_key(address: str) -> str:
    """Return the normalised form of an address: “ß” and “ss” stay different."""
    return normalise(address).lower()


def address_problem(address: str) -> str:
    """Return why no email can be sent to an address, or ""."""
    if not address.strip():
        return NO_ADDRESS
    try:
        rendering.parse_address(address)
    except RuleViolation:
        return INVALID_ADDRESS
    return ""


def store_prepared(mailing: Mailing, prepared: Iterable[PreparedRecipient]) -> None:
    """Store recipients that another module has selected, each person and address once."""
    by_person = {
        prepared_recipient.candidate.person: prepared_recipient for prepared_recipient in prepared
    }
    keys = {to_key(one.candidate.address) for one in by_person.values()}
    essential = {to_key(one.candidate.address) for one in by_person.values() if one.is_essential}
    reasons = find_reasons(mailing, keys - {""}, essential - {""})
    included, excluded, seen = [], [], set()
    for one in by_person.values():
        key = to_key(one.candidate.address)
        reason = one.candidate.exclusion or address_problem(one.candidate.address)
        reason = reason or reasons.get(key) or (SAME_ADDRESS if key in seen else "")
        if reason:
            excluded.append(_row(mailing, one.candidate, state=LEFT_OUT, reason=reason))
        else:
            seen.add(key)
            own = {"own_values": json.dumps(dict(one.values)), "calendar": one.calendar}
            row = _row(mailing, one.candidate, **own, is_essential=one.is_essential)
            included.append(row)
    _insert([*included, *excluded])


def _row(mailing: Mailing, candidate: Candidate, **others: Any) -> dict[str, Any]:
    is_erased = candidate.exclusion == ERASED
    return {
        "mailing_id": mailing.id,
        "person": candidate.person,
        "name": candidate.name,
        "address": candidate.address,
        "address_key": "" if is_erased else to_key(candidate.address),
        "language": candidate.language,
        "booking_reference": candidate.booking_reference,
        "state": PENDING,
        "reason": "",
        "own_values": "",
        "calendar": None,
        "is_essential": False,
        **others,
    }


def _insert(rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        # a single statement, whether rows have a calendar or not
        db.session.execute(insert(MailingRecipient), rows, execution_options={"render_nulls": True})


def erase_person(person: str) -> None:
    """Erase a person's data in all mailings; the counts of reports remain."""
    rows = update(MailingRecipient).where(MailingRecipient.person == person)
    erased = {"name": "", "address": "", "address_key": "", "own_values": "", "calendar": None}
    db.session.execute(
        rows.where(MailingRecipient.state == PENDING).values(state=LEFT_OUT, reason=ERASED)
    )
    db.session.execute(rows.values(**erased))


def erase_delegate(delegate: Delegate) -> None:
    """Erase a delegate's data in all mailings, and their unsent emails."""
    person = f"{DELEGATE} {delegate.id}"
    erase_person(person)
    delete_unsent(MailingRecipient.person == person)
    for request in _list_requests(delegate):
        erase_person(request)
        delete_unsent(MailingRecipient.person == request)


def _list_requests(delegate: Delegate) -> Sequence[str]:
    """List a person's ids in mailings from before they had a booking."""
    is_request = or_(*(MailingRecipient.person.startswith(f"{request} ") for request in REQUESTS))
    rows = select(MailingRecipient.person).where(
        MailingRecipient.address_key == to_key(delegate.email), is_request
    )
    return db.session.scalars(rows.distinct()).all()


def delete_unsent(*conditions: ColumnElement[bool]) -> None:
    """Delete the queued emails of erased people, unless they are being sent now."""
    rows = (
        select(MailingRecipient.id, Email.id)
        .join(Email, Email.id == MailingRecipient.email_id)
        .where(*conditions, Email.state == mail_models.WAITING)
        .where(or_(Email.lease_until.is_(None), Email.lease_until < clock.real_now()))
        .with_for_update(of=Email, skip_locked=True)
    )
    found = db.session.execute(rows).tuples().all()
    own = update(MailingRecipient).where(MailingRecipient.id.in_([one for one, _ in found]))
    db.session.execute(own.values(state=LEFT_OUT, reason=ERASED, email_id=None))
    db.session.execute(delete(Email).where(Email.id.in_([one for _, one in found])))


erasure.ERASED_ABOVE.append(erase_delegate)


def iter_deselected(mailing: Mailing) -> Iterator[str]:
    """Yield the people whom an organiser excluded from a draft."""
    yield from json.loads(mailing.deselected)
