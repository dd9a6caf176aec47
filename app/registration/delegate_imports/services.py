"""Storing the contents of a spreadsheet of delegates, and saving it as its page showed it.

The bookings and their emails are prepared first, without locks (``prepare``). Then all limits are
locked in the global order, and the plan is computed again: if it differs from what the page showed,
because a place was taken or someone has registered, nothing is saved.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.database import db, violated_constraint
from app.delegates import custom_answers
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.delegate_record import IDENTITY_CONSTRAINT
from app.delegates.fields import CONSENT
from app.delegates.models import CONFERENCE, Delegate
from app.errors import NotFound, RuleViolation
from app.history import services as history
from app.mail.models import Email
from app.registration import create_booking, emails, registration_requests, seats
from app.registration.bookings import operations
from app.registration.create_booking import CATEGORY_CONSTRAINT, REFERENCE_CONSTRAINT
from app.registration.delegate_imports import plan, rows
from app.registration.delegate_imports.models import DelegateImport
from app.registration.delegate_imports.plan import NEW, NO_PLACE, ImportPlan, PlannedRow
from app.registration.delegate_imports.rows import ImportedSheet
from app.registration.waiting_list import joining
from app.registration.waiting_list import queries as waiting_list_entries
from app.registration.waiting_list import services as waiting_list
from app.registration.waiting_list.joining import PreparedEntry
from app.text import count_of

RETENTION: Final = timedelta(days=1)
SUBJECT: Final = "delegates"
# The choices if there are fewer places than people.
NOBODY, AS_MANY_AS_FIT, REST_WAITS = "nobody", "fit", "wait"
CHANGED: Final = (
    "Places or bookings have changed since this page was opened, so nobody has been added. Check "
    "the new preview"
)
TOO_FEW: Final = "There are not enough places for everyone in the file, so nobody has been added"
CLASHES: Final = (  # errors caused by concurrent changes
    *(IDENTITY_CONSTRAINT, REFERENCE_CONSTRAINT, CATEGORY_CONSTRAINT),
    "fk_waiting_list_entry_category_id_registration_category",
)
NOT_FOUND: Final = "This file has been saved or deleted. Upload it again"


class ImportChanged(RuleViolation):
    """Saving would have another result than the page showed."""


@dataclass(frozen=True)
class PreparedBooking:
    """A booking without a place, and the email that will confirm it."""

    delegate: Delegate
    email: Email | None  # None: no email is sent


@dataclass(frozen=True)
class PreparedImport:
    """The bookings of a file, by row, prepared for the plan that its page showed."""

    bookings: Mapping[int, PreparedBooking]
    waiting: Mapping[int, PreparedEntry]  # people who join the waiting list
    fingerprint: str  # of that plan
    if_full: str  # the choice if there are fewer places than people


@dataclass(frozen=True)
class ImportOutcome:
    """How many people were added, and how many are waiting now."""

    added: int
    waiting: int


def store(name: str, sheet: ImportedSheet, *, actor: str) -> DelegateImport:
    """Store the contents of a file, replacing the same person's previous upload."""
    db.session.execute(delete(DelegateImport).where(DelegateImport.imported_by == actor))
    key = secrets.token_urlsafe(16)
    found = DelegateImport(
        key=key,
        name=name,
        imported_by=actor,
        uploaded_at=clock.real_now(),
        document=rows.dump(sheet, key),
    )
    db.session.add(found)
    db.session.flush()
    return found


def get(number: int, *, actor: str) -> DelegateImport:
    """Return a person's own upload; raise NotFound for those of others."""
    found = db.session.scalar(
        select(DelegateImport).where(
            DelegateImport.id == number, DelegateImport.imported_by == actor
        )
    )
    if found is None or found.uploaded_at <= clock.real_now() - RETENTION:
        raise NotFound(NOT_FOUND)
    return found


def discard(found: DelegateImport) -> None:
    """Delete the contents of a file."""
    db.session.delete(found)


def purge_expired() -> None:
    """Delete imports older than a day; run by the worker."""
    oldest = clock.real_now() - RETENTION
    db.session.execute(delete(DelegateImport).where(DelegateImport.uploaded_at <= oldest))


def prepare(
    planned: ImportPlan,
    expected_fingerprint: str,
    language: str,
    *,
    notify: bool,
    if_full: str = NOBODY,
) -> PreparedImport:
    """Prepare the bookings of people who would get a place; nothing is stored or locked.

    Raise ImportChanged if the page showed another plan.
    """
    if planned.fingerprint != expected_fingerprint:
        raise ImportChanged(CHANGED)
    consent = {CONSENT: clock.now().isoformat()}
    bookings = {
        one.row.number: _prepare({**one.row.answers, **consent}, language, notify=notify)
        for one in planned.list_in(NEW)
    }
    without_place = planned.list_in(NO_PLACE) if if_full == REST_WAITS else ()
    entries = joining.prepare_all(
        [{**planned_row.row.answers, **consent} for planned_row in without_place], language
    )
    waiting = {one.row.number: entry for one, entry in zip(without_place, entries, strict=True)}
    return PreparedImport(bookings, waiting, planned.fingerprint, if_full)


def _prepare(answers: Answers, language: str, *, notify: bool) -> PreparedBooking:
    delegate = create_booking.build(answers, language, is_added_by_team=True)
    if not notify:
        return PreparedBooking(delegate, None)
    email = emails.send_registration_confirmed(delegate)
    db.session.expunge(email)  # until there is a place
    return PreparedBooking(delegate, email)


def save(found: DelegateImport, prepared: PreparedImport, *, actor: str) -> ImportOutcome:
    """Save a file as its page showed it, in one transaction.

    Raise ImportChanged if the result would now differ, or SoldOut if all people or none were to be
    added.
    """
    _lock_questions([booking.delegate for booking in prepared.bookings.values()])
    sheet = rows.load(found.document, found.key)
    names = [name for row in sheet.rows if not row.faults for name in plan.list_limits(row)]
    seats.lock_limits(list(dict.fromkeys([CONFERENCE, *names])))
    _require_unsaved(found)
    planned = plan.build(sheet)
    if planned.fingerprint != prepared.fingerprint:
        raise ImportChanged(CHANGED)
    if planned.list_in(NO_PLACE) and prepared.if_full == NOBODY:
        raise seats.SoldOut(TOO_FEW)
    _store(planned.list_in(NEW), prepared, actor)
    delegates = [booking.delegate for booking in prepared.bookings.values()]
    operations.record_for_all(delegates, "Added from a spreadsheet", actor, ())
    _end_waits(delegates)
    db.session.delete(found)
    outcome = ImportOutcome(len(delegates), len(prepared.waiting))
    history.record(_summarise(outcome), subject=SUBJECT, actor=actor)
    return outcome


def _lock_questions(delegates: Sequence[Delegate]) -> None:
    """Prevent deletion of answered questions; raise ImportChanged if one is gone."""
    answered = {answer.question_id for delegate in delegates for answer in delegate.custom_answers}
    if len(custom_answers.lock_questions(answered)) < len(answered):
        raise ImportChanged(CHANGED)


def _require_unsaved(found: DelegateImport) -> None:
    """Raise NotFound if another window has just saved it."""
    row = select(DelegateImport.id).where(DelegateImport.id == found.id)
    if db.session.scalar(row.with_for_update()) is None:
        raise NotFound(NOT_FOUND)


def _store(new: Sequence[PlannedRow], prepared: PreparedImport, actor: str) -> None:
    """Take the places of each category together, and add people without one to the waiting list.

    They join before any place kept for the others is released. Raise ImportChanged on a conflict.
    """
    by_category = sorted(new, key=lambda one: _get_category(one) or 0)
    try:
        with db.session.begin_nested():
            for number, group in groupby(by_category, _get_category):
                _reserve_in(number, [prepared.bookings[one.row.number] for one in group])
            if prepared.waiting:
                joining.join_all(list(prepared.waiting.values()), actor=actor)
    except IntegrityError as clash:
        if violated_constraint(clash) not in CLASHES:
            raise
        raise ImportChanged(CHANGED) from None


def _reserve_in(category_id: int | None, bookings: Sequence[PreparedBooking]) -> None:
    delegates = [booking.delegate for booking in bookings]
    seats.reserve_all_before_queue(seats.list_limits(category_id), delegates)
    db.session.add_all(booking.email for booking in bookings if booking.email is not None)


def _get_category(one: PlannedRow) -> int | None:
    return categories.read_id(one.row.answers)


def _end_waits(delegates: Sequence[Delegate]) -> None:
    """End other requests for a place of people who have got one now."""
    placed = {delegate.identity_key: delegate for delegate in delegates}
    waiting = waiting_list_entries.list_open_keys(placed)
    for key in sorted({*waiting, *registration_requests.list_open_keys(placed)}):
        waiting_list.end_wait(placed[key])


def _summarise(outcome: ImportOutcome) -> str:
    waiting = f", and {outcome.waiting} to the waiting list" if outcome.waiting else ""
    return f"Added {count_of(outcome.added, 'delegate')} from a spreadsheet{waiting}"
