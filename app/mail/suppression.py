"""The suppression list: addresses that get no group emails, each with its reasons.

It does not affect emails that people expect: those about a booking, a speaker's own tasks and
sign-in links are still sent. An address may be on the list for several reasons, so that lifting one
of them never resumes emails to a person who has unsubscribed.

After an erasure only a keyed hash of the address is kept, so that the person's choice is still
respected if the address is entered again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, select, update

from app import clock
from app.database import db, insert_if_absent
from app.errors import NotFound, require
from app.history import services as history
from app.history.models import Change
from app.mail.addresses import decode_domain, encode_domain, normalise_address
from app.mail.models import (
    BOUNCED,
    BY_DESK,
    COMPLAINT,
    UNSUBSCRIBED,
    SuppressedAddress,
    UnsubscribeKey,
)
from app.web import signing

RowT = TypeVar("RowT", bound=tuple[Any, ...])

REASONS = (UNSUBSCRIBED, COMPLAINT, BOUNCED, BY_DESK)  # the most important one first
NOT_THEIR_WISH = (BOUNCED, BY_DESK)  # what the recipient cannot lift
SALT = "suppressed address"
ERASED = "erased:"  # prefix of the keyed hash of an address
AFTER_ERASED = "erased;"  # sorts after all keys with that prefix
BATCH_SIZE = 5000  # addresses in one query
MANY = 500  # addresses, for which a shorter list is loaded as a whole
ADDRESS_AND_REASON = (SuppressedAddress.address, SuppressedAddress.reason)
MAX_NOTE_LENGTH = 500  # characters
ENTRIES = (  # entries of an address, which may be stored in several forms
    select(SuppressedAddress)
    .where(SuppressedAddress.address.in_(bindparam("forms", expanding=True)))
    .order_by(SuppressedAddress.id)
)

SUMMARIES: Mapping[str, str] = {  # summaries in the history, which identify no one
    UNSUBSCRIBED: "Group emails stopped: unsubscribed",
    COMPLAINT: "Group emails stopped: marked as spam",
    BOUNCED: "Group emails stopped: emails are returned",
    BY_DESK: "Group emails stopped: added by hand",
}


def exclusion_reasons(
    addresses: Iterable[str], reasons: Collection[str] = REASONS
) -> dict[str, str]:
    """Return the addresses to leave out of group emails, each with its reason.

    An email that everyone must get passes only some ``reasons``, such as ``NOT_THEIR_WISH``. It
    takes at most two queries for 5,000 addresses. The keys are the addresses as passed.
    """
    found: dict[str, str] = {}
    remaining = iter(dict.fromkeys(addresses))
    while batch := list(islice(remaining, BATCH_SIZE)):
        found |= _find_reasons(batch, reasons)
    return found


def _find_reasons(addresses: Sequence[str], accepted: Collection[str]) -> dict[str, str]:
    rows = _load_short_list(accepted, len(addresses)) if len(addresses) >= MANY else None
    if rows is not None and not any(form.startswith(ERASED) for form, _ in rows):
        forms = {address: [normalise_address(address)] for address in addresses}
    else:
        forms = {address: list_stored_forms(address) for address in addresses}
    if rows is None:
        stored = [form for each in forms.values() for form in each]
        conditions = SuppressedAddress.address.in_(stored), SuppressedAddress.reason.in_(accepted)
        rows = db.session.execute(select(*ADDRESS_AND_REASON).where(*conditions)).tuples().all()
    reasons: dict[str, list[str]] = {}
    for form, reason in rows:
        reasons.setdefault(form, []).append(reason)
    excluded = {
        address: [reason for form in each for reason in reasons.get(form, ())]
        for address, each in forms.items()
    }
    return {address: min(each, key=REASONS.index) for address, each in excluded.items() if each}


def _load_short_list(accepted: Collection[str], limit: int) -> Sequence[tuple[str, str]] | None:
    """Load the whole list, which is faster than computing many hashes; None if it is long."""
    statement = select(*ADDRESS_AND_REASON).where(SuppressedAddress.reason.in_(accepted))
    rows = db.session.execute(statement.limit(limit)).tuples().all()
    return rows if len(rows) < limit else None


def list_stored_forms(address: str) -> list[str]:
    """List the forms in which an address may be stored: normalised, or as keyed hashes."""
    if address.startswith(ERASED):
        return [address]
    return [normalise_address(address), *(f"{ERASED}{hashed}" for hashed in _list_hashes(address))]


def _list_hashes(address: str) -> list[str]:
    """List the keyed hashes of an address; earlier versions had its domain in ASCII."""
    normalised = normalise_address(address)
    forms = dict.fromkeys((normalised, encode_domain(normalised)))
    return [one for form in forms for one in signing.hash_text(SALT, form)]


def list_reasons(address: str) -> Sequence[SuppressedAddress]:
    """List the reasons why an address gets no group emails."""
    return db.session.scalars(ENTRIES, {"forms": list_stored_forms(address)}).all()


def suppress(address: str, reason: str, *, by: str = "", note: str = "") -> bool:
    """Stop group emails for a reason; return False if it was there already.

    ``by`` is the team member who decided it, or "" if it was automatic.
    """
    if any(one.reason == reason for one in list_reasons(address)):
        return False
    added = insert_if_absent(
        SuppressedAddress,
        [
            {
                "address": list_stored_forms(address)[0],
                "reason": reason,
                "suppressed_at": clock.real_now(),
                "suppressed_by": by,
                "note": note[:MAX_NOTE_LENGTH],
            }
        ],
    )
    if added:
        _record(SUMMARIES[reason], address, by or history.ACTOR_SITE)
    return added > 0


def lift(number: int, *, actor: str) -> SuppressedAddress:
    """Remove one reason from the list; raise NotFound if it is not there any more."""
    reason = get_reason(number)
    db.session.delete(reason)
    _record("Group emails are allowed again", reason.address, actor)
    return reason


def subscribe(address: str) -> None:
    """Resume group emails at the recipient's request.

    A suppression by the desk, or because of bounces, is not theirs to lift.
    """
    for reason in list_reasons(address):
        if reason.reason in {UNSUBSCRIBED, COMPLAINT}:
            db.session.delete(reason)
            _record("Group emails are allowed again", address, history.ACTOR_SITE)


def erase(address: str) -> None:
    """Replace an address by a keyed hash, in its reasons and for its unsubscribe key."""
    stored = list_stored_forms(address)
    current = stored[1]
    for reason in db.session.scalars(
        select(SuppressedAddress).where(SuppressedAddress.address == stored[0])
    ).all():
        db.session.delete(reason)
        db.session.flush()
        row = {"address": current, "reason": reason.reason, "suppressed_at": reason.suppressed_at}
        insert_if_absent(SuppressedAddress, [row])
    db.session.execute(delete(UnsubscribeKey).where(UnsubscribeKey.address == current))
    db.session.execute(
        update(UnsubscribeKey).where(UnsubscribeKey.address == stored[0]).values(address=current)
    )
    for subject in history_subjects(address):
        history.erase_personal_details(subject)


def history_subject(address: str) -> str:
    """Return the subject of an address in the history, which does not reveal it."""
    return history_subjects(address)[0]


def history_subjects(address: str) -> list[str]:
    """Return all subjects of an address in the history: one for each signing key."""
    bare = address.removeprefix(ERASED)
    is_hash = bare != address
    hashes = [bare] if is_hash else _list_hashes(address)
    return [f"address {hashed[:16]}" for hashed in hashes]


def _record(summary: str, address: str, actor: str) -> None:
    is_erased = address.startswith(ERASED)
    shown_address = "" if is_erased else normalise_address(address)
    changes = (
        ()
        if is_erased
        else (Change("address", "", shown_address, "Email address", "", shown_address),)
    )
    history.record_personal(
        summary, subject=history_subject(address), actor=actor, field_changes=changes
    )


SORTS: Final = ("since", "address", "reason")  # of the list; the first is the default


@dataclass(frozen=True)
class SuppressionFilter:
    """The search and the filter of the list; an empty value does not filter."""

    search: str = ""  # contained in the address
    reason: str = ""


def list_page(
    filters: SuppressionFilter, sort: str, *, is_reversed: bool, offset: int, limit: int
) -> Sequence[SuppressedAddress]:
    """List a page of the reasons."""
    column = {"address": SuppressedAddress.address, "reason": SuppressedAddress.reason}.get(sort)
    newest = SuppressedAddress.id.desc()
    order: list[ColumnElement[Any]]
    if column is None:
        order = [SuppressedAddress.id.asc() if is_reversed else newest]
    else:
        order = [column.desc() if is_reversed else column.asc(), newest]
    statement = _narrow(select(SuppressedAddress), filters).order_by(*order)
    return db.session.scalars(statement.offset(offset).limit(limit)).all()


def list_all(filters: SuppressionFilter) -> Sequence[SuppressedAddress]:
    """List all matching reasons, newest first."""
    statement = _narrow(select(SuppressedAddress), filters)
    return db.session.scalars(statement.order_by(SuppressedAddress.id.desc())).all()


def count(filters: SuppressionFilter) -> int:
    """Count the matching reasons."""
    return db.session.scalar(_narrow(select(func.count(SuppressedAddress.id)), filters)) or 0


def get_reason(number: int) -> SuppressedAddress:
    """Return one reason; raise NotFound if it is not on the list any more."""
    found = db.session.get(SuppressedAddress, number)
    return require(found, NotFound("That address is not on the list any more"))


def _narrow(statement: Select[RowT], filters: SuppressionFilter) -> Select[RowT]:
    if filters.search:
        typed = decode_domain(filters.search)
        condition = SuppressedAddress.address.icontains(typed, autoescape=True)
        statement = statement.where(condition, ~SuppressedAddress.address.startswith(ERASED))
    if filters.reason:
        statement = statement.where(SuppressedAddress.reason == filters.reason)
    return statement
