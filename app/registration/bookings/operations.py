"""Operations on a booking, with the same rules for delegates and for the desk.

Every change has the version of the booking that its page showed, and is refused if there have been
others since, so that no one unknowingly overwrites a recent change. Locks are taken in one order:
first the rows of the limits, then the booking. The summaries in the audit log identify no one, so
they may be kept longer than the personal data; the changed values are stored separately and erased
with it.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Executable, delete, exists, select
from sqlalchemy import update as update_rows
from sqlalchemy.exc import IntegrityError

from app import clock
from app.database import db, violated_constraint
from app.delegates import custom_answers, delegate_record
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.models import RegistrationCategory
from app.delegates.categories.queries import CATEGORY
from app.delegates.categories.texts import translated
from app.delegates.fields import DAYS, EMAIL
from app.delegates.models import CONFERENCE, ApplicationDraft, Confirmation, Delegate
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.mail.addresses import is_same_address
from app.registration import registration_requests, requirement_history, seats
from app.registration.bookings import changes, queries
from app.registration.bookings.changes import ANSWERS, REASON, BookingChange
from app.registration.create_booking import generate_access_key, lock_category
from app.registration.session_bookings import release as session_seats
from app.registration.waiting_list import category_waits, offers
from app.registration.waiting_list import queries as waiting_list_entries
from app.registration.waiting_list import services as waiting_list
from app.row_locks import lock_row, reload


class StaleBooking(StaleEdit):
    """The booking has been changed since the page was opened."""


class EmailUnchanged(RuleViolation):
    """The new address is the current one."""


class DuplicateBooking(RuleViolation):
    """There is already a booking with this name and email address."""


def lock(delegate: Delegate) -> None:
    """Lock a booking until the transaction ends, and reload it."""
    lock_row(delegate, queries.BOOKING_GONE)


def lock_in_order(numbers: Collection[int]) -> Sequence[Delegate]:
    """Lock several bookings in the global order, by number, and reload them."""
    rows = select(Delegate).where(Delegate.id.in_(numbers)).order_by(Delegate.id)
    locked = rows.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(locked).all()


def end_corrections(delegate: Delegate) -> None:
    """End the correction of the email address by confirmation pages (see ``correction_ends``)."""
    lock(delegate)
    if queries.is_unopened(delegate):
        for statement in correction_ends(delegate.id):
            db.session.execute(statement)
        db.session.refresh(delegate)


def correction_ends(*delegates: int) -> Sequence[Executable]:
    """Return the statements that end corrections of the address by confirmation pages.

    An unconfirmed change that was requested from such a page is undone.
    """
    is_correctable = Confirmation.correctable_until.is_not(None)
    is_own = Confirmation.delegate_id == Delegate.id
    return (
        update_rows(Delegate)
        .where(Delegate.id.in_(delegates), exists().where(is_own, is_correctable))
        .values(pending_email="", pending_email_key=None)
        .execution_options(synchronize_session=False),
        update_rows(Confirmation)
        .where(Confirmation.delegate_id.in_(delegates), is_correctable)
        .values(correctable_until=None)
        .execution_options(synchronize_session="fetch"),
    )


def lock_expecting(delegate: Delegate, expected_version: int) -> None:
    """Lock an active booking; raise StaleBooking if its version is not the expected one."""
    end_corrections(delegate)
    require_version(delegate, expected_version)


def require_version(delegate: Delegate, expected_version: int) -> None:
    """Raise StaleBooking unless a locked booking is active and has the expected version."""
    if not delegate.is_attending:
        raise RuleViolation(queries.BOOKING_CANCELLED)
    if delegate.version != expected_version:
        raise StaleBooking(
            delegate.version,
            message="Your booking changed in another window after you opened this page. "
            "Check your answer, then save it again",
        )


def update(
    delegate: Delegate, answers: Answers, *, expected_version: int, actor: str
) -> Sequence[BookingChange]:
    """Apply new answers to a booking and return the changes.

    The desk may also change the category, and with it the limit of the place.
    """
    number = categories.read_id(answers)
    if CATEGORY in answers:
        lock_limits(delegate, seats.list_limits(number))
        custom_answers.lock_answered(answers)
    lock_expecting(delegate, expected_version)
    if CATEGORY in answers and number != delegate.category_id:
        lock_category(number)
    category = categories.find(number) if CATEGORY in answers else delegate.category
    if CATEGORY in answers or DAYS in answers:
        days = delegate_record.merge_answers(delegate, answers)[DAYS]
        check_days(category, days)
        if days != delegate.days:
            session_seats.require_days(delegate, days)
    moved = _move_place(delegate, category)
    with _enforcing_unique_person():
        return apply_locked(delegate, answers, moved, actor=actor)


def apply_locked(
    delegate: Delegate, answers: Answers, moved: Sequence[BookingChange] = (), *, actor: str
) -> Sequence[BookingChange]:
    """Apply validated answers to a locked booking, and return the changes.

    ``moved`` is a change of category, for which the place has already been counted.
    """
    field_changes = [*moved, *changes.apply(delegate, answers)]
    delegate_record.refresh_search_keys(delegate)
    if field_changes:
        delegate.version += 1
        _record_changes(delegate, field_changes, actor)
    return field_changes


def _record_changes(delegate: Delegate, field_changes: Sequence[BookingChange], actor: str) -> None:
    """Record changes of the booking, and separately that its requirements have changed."""
    open_changes = [change for change in field_changes if not change.is_private]
    if open_changes:
        names = (ANSWERS if change.is_custom else change.field for change in open_changes)
        field_names = ", ".join(name.replace("_", " ") for name in dict.fromkeys(names))
        record(delegate, f"Changed: {field_names}", actor, open_changes)
    if len(open_changes) < len(field_changes):
        requirement_history.record(delegate, requirement_history.CHANGED, actor=actor)


def change_email(delegate: Delegate, email: str, summary: str, *, actor: str) -> str:
    """Change the email address and return the previous one; every earlier link stops working."""
    before = delegate.email
    with _enforcing_unique_person():
        delegate.email, delegate.pending_email, delegate.pending_email_key = email, "", None
        delegate.access_key = generate_access_key()
        delegate_record.refresh_search_keys(delegate)
    waiting_list_entries.follow_address(delegate)
    registration_requests.delete_of_delegate(delegate)
    delegate.version += 1
    record(delegate, summary, actor, [BookingChange(EMAIL, before, email)])
    return before


def remove_needs(delegate: Delegate, summary: str, *, actor: str) -> bool:
    """Delete a delegate's requirements; return True if there were any."""
    has_answers = custom_answers.remove_private(delegate)
    if delegate.needs is None and not has_answers:
        return False
    delegate.needs = None
    delegate.requirement_cases = []
    delegate.version += 1
    requirement_history.record(delegate, summary, actor=actor)
    return True


def cancel(delegate: Delegate, *, actor: str, reason: str = "") -> Sequence[str]:
    """Cancel the booking; its place goes to the waiting list, or is free at once.

    Return the titles of the sessions in which seats were released.
    """
    limits = lock_limits(delegate)
    session_seats.lock_bookings([delegate.id])
    end_corrections(delegate)
    mark_cancelled(delegate)
    category_waits.end_with_bookings([delegate.id])
    seats.release_seats(limits)
    released = session_seats.release_all([delegate.id])
    record(delegate, "Cancelled", actor, [BookingChange(REASON, "", reason)] if reason else ())
    delete_submitted_drafts(delegate.id)
    offers.offer_places()
    return released


def mark_cancelled(delegate: Delegate) -> None:
    """Mark a locked booking as cancelled; the caller handles its place."""
    delegate.cancel(clock.now())
    delegate.version += 1
    delegate.pending_email, delegate.pending_email_key = "", None


def lock_place(delegate: Delegate) -> None:
    """Lock what removing a place from a booking needs: limits, sessions, then the booking."""
    lock_limits(delegate)
    session_seats.lock_bookings([delegate.id])
    end_corrections(delegate)


def replace(delegate: Delegate, *, actor: str) -> None:
    """End a booking whose place goes to another one, which the caller has locked and created.

    Its place is not released, since it counts for the other one. Its requirements are deleted. A
    place that was held for it in another category goes to the waiting list.
    """
    session_seats.release_all([delegate.id])
    mark_cancelled(delegate)
    category_waits.end_with_bookings([delegate.id])
    delegate.needs, delegate.requirement_cases = None, []
    custom_answers.remove_private(delegate)
    record(delegate, "The place was passed on to someone else", actor)
    delete_submitted_drafts(delegate.id)
    offers.offer_places()


def restore(delegate: Delegate, *, actor: str) -> None:
    """Restore a cancelled booking; raise RuleViolation if there is no place, or it is active.

    Its links work as before.
    """
    limits = lock_limits(delegate)
    end_corrections(delegate)
    with _enforcing_unique_person():
        delegate.restore()
        seats.reserve_before_queue(limits, delegate)  # as when the desk adds a delegate
    delegate.version += 1
    record(delegate, "Restored", actor)
    waiting_list.end_wait(delegate)


def check_days(category: RegistrationCategory | None, days: str) -> None:
    """Raise RuleViolation if a category does not include all of these days."""
    if category is not None and not includes_days(category, days):
        raise RuleViolation(
            f"The category “{translated(category).name}” does not include all of these days"
        )


def includes_days(category: RegistrationCategory, days: str) -> bool:
    """Return True if a category includes all of these days."""
    return {day.isoformat() for day in categories.list_days(category.days)}.issuperset(days.split())


def _move_place(
    delegate: Delegate, category: RegistrationCategory | None
) -> Sequence[BookingChange]:
    """Count a place towards another category; return the change, if any."""
    old, number = seats.list_limits(delegate.category_id), category.id if category else None
    if delegate.category_id == number:
        return ()
    before = delegate.category
    held_ids = category_waits.find_held([delegate.id], number)
    seats.move(old, seats.list_limits(number), held=len(held_ids))
    delegate.category = category
    category_waits.end_fulfilled([delegate.id], number, held_ids)
    offers.offer_places()
    return [changes.describe_move(before, category)]


def lock_limits(delegate: Delegate, others: Sequence[str] = ()) -> Sequence[str]:
    """Lock the limits of a booking, of its waits, and others, before the booking.

    Return those of its place.
    """
    seats.lock_limit(CONFERENCE)  # from here on, it cannot move to another category
    reload(delegate, "category_id", queries.BOOKING_GONE)
    limits = seats.list_limits(delegate.category_id)
    wait = waiting_list_entries.find_category_wait(delegate.id)
    awaited = seats.list_limits(wait.category_id) if wait else ()
    seats.lock_limits((*limits, *awaited, *others))
    return limits


def require_other_email(email: str, current: str) -> None:
    """Raise EmailUnchanged if an address is the current one."""
    if is_same_address(email, current):
        raise EmailUnchanged("This is the email address we already have. Enter a different one")


def record(
    delegate: Delegate, summary: str, actor: str, field_changes: Sequence[BookingChange] = ()
) -> None:
    """Record an event of a booking in the audit log."""
    history_changes = changes.to_history(field_changes)
    history.record_personal(
        summary, subject=delegate.history_subject, actor=actor, field_changes=history_changes
    )


def record_for_all(
    delegates: Sequence[Delegate],
    summary: str,
    actor: str,
    field_changes: Sequence[BookingChange],
) -> None:
    """Record the same event of several bookings."""
    history.record_personal_for_all(
        summary,
        subjects=[delegate.history_subject for delegate in delegates],
        actor=actor,
        field_changes=changes.to_history(field_changes),
    )


def delete_submitted_drafts(*delegates: int) -> None:
    """Delete the submitted drafts of bookings, so that their browsers can start again."""
    first = select(Confirmation.id).where(
        Confirmation.delegate_id.in_(delegates), Confirmation.is_first
    )
    db.session.execute(delete(ApplicationDraft).where(ApplicationDraft.confirmation_id.in_(first)))


@contextmanager
def _enforcing_unique_person() -> Iterator[None]:
    """Raise DuplicateBooking if the block gives one person two bookings."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as clash:
        if violated_constraint(clash) != delegate_record.IDENTITY_CONSTRAINT:
            raise
        raise DuplicateBooking(
            "There is already another booking with this name and email address"
        ) from None
