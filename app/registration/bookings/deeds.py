"""What can be done to a booking, by the same rules whoever does it and whoever is told.

Every change names how many changes the booking had when its page was opened. When there have
been others since, it is refused: nobody undoes unseen what was written a moment ago. Locks are
taken in one order: the row of the limit, then the booking. The sentences of the
history name nobody, so that they may outlive the details; what stood before and after is kept
apart from them and goes with the details.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.agenda.models import Agenda
from app.database import broken_rule, db
from app.errors import Refused
from app.history import services as history
from app.mail import services as mail
from app.registration import admission, recognition, seats
from app.registration.bookings import changes, queries, remembered
from app.registration.bookings.changes import Change
from app.registration.models import Answers, Delegate, KeptAgenda, Receipt
from app.registration.told import Told


class Stale(Refused):
    """The booking has been changed since the page was opened."""


class SameAddress(Refused):
    """The address that was given is the one that we have."""


class Taken(Refused):
    """Somebody of this name has a booking at this address already."""


def lock(delegate: Delegate) -> None:
    """Let nobody else change a booking until the transaction ends, and see it as it is now."""
    db.session.flush()  # what was changed a moment ago would be lost
    db.session.refresh(delegate, with_for_update=True)


def hold(delegate: Delegate, seen: int) -> None:
    """Lock a booking, if it stands and is as whoever changes it saw it."""
    lock(delegate)
    if not delegate.is_attending:
        raise Refused(queries.CANCELLED)
    if delegate.changes != seen:
        raise Stale(
            "Your booking was changed in another window after you opened this page. "
            "Check your answer, then save again if it should count"
        )


def change(delegate: Delegate, wanted: Told, *, seen: int, who: str) -> Sequence[Change]:
    """Put new answers into a booking; tell what is not as it was."""
    hold(delegate, seen)
    with _one_place_for_each():
        made = changes.make(delegate, wanted)
        recognition.recognise(delegate)
    if made:
        delegate.changes += 1
        what = ", ".join(one.what.replace("_", " ") for one in made)
        record(delegate, f"Changed: {what}", who, made)
    return made


def readdress(delegate: Delegate, email: str, sentence: str, *, who: str) -> str:
    """Let letters go to another address; every earlier link dies. Give the address before."""
    before = delegate.email
    with _one_place_for_each():
        delegate.email, delegate.new_email, delegate.new_link_key = email, "", None
        delegate.link_key = admission.new_key()
        recognition.recognise(delegate)
    delegate.changes += 1
    record(delegate, sentence, who, [Change(remembered.EMAIL, before, email)])
    return before


def cancel(delegate: Delegate, *, who: str) -> None:
    """Give the place back; it is free for somebody else at once."""
    seats.hold(seats.CONFERENCE)
    lock(delegate)
    delegate.cancel(clock.now())
    seats.give_back(seats.CONFERENCE)
    delegate.changes += 1
    delegate.new_email, delegate.new_link_key = "", None
    record(delegate, "Cancelled", who)
    _end_the_journey(delegate)


def erase_cancelled(delegate: Delegate, *, who: str) -> None:
    """Forget who a delegate was as soon as they have cancelled and ask for it."""
    lock(delegate)
    if delegate.is_attending:
        raise Refused("Cancel the booking first: while you have a place, we need your details")
    if not delegate.is_erased:
        erase(delegate)
        record(delegate, "The details were erased", who)


def erase(delegate: Delegate) -> None:
    """Forget who a delegate was; that there was a booking, and for which days, stays."""
    receipts = select(Receipt.id).where(Receipt.delegate_id == delegate.id)
    db.session.execute(delete(Answers).where(Answers.receipt_id.in_(receipts)))
    db.session.execute(delete(Receipt).where(Receipt.delegate_id == delegate.id))
    end_agenda(delegate)
    mail.forget_about(delegate.reference)
    history.forget_particulars(delegate.subject)
    delegate.forget(clock.now())


def keep_agenda(delegate: Delegate, agenda: Agenda) -> None:
    """Keep an agenda with a booking, in place of any that was kept before."""
    lock(delegate)
    end_agenda(delegate)
    db.session.flush()
    db.session.add(KeptAgenda(delegate_id=delegate.id, agenda=agenda))


def end_agenda(delegate: Delegate) -> None:
    """Keep no agenda with a booking any more; the agenda itself stays."""
    db.session.execute(delete(KeptAgenda).where(KeptAgenda.delegate_id == delegate.id))


def is_same(one: str, other: str) -> bool:
    """Whether two addresses are one, however they were typed."""
    return one.casefold() == other.casefold()


def record(delegate: Delegate, sentence: str, who: str, made: Sequence[Change] = ()) -> None:
    """Write into the history what was done to a booking, and what it changed."""
    told = remembered.told(made)
    history.record_of_a_person(sentence, about=delegate.subject, who=who, made=told)


def _end_the_journey(delegate: Delegate) -> None:
    """Let the browser that took the place begin anew; whoever found it taken sees no change."""
    first = select(Receipt.id).where(Receipt.delegate_id == delegate.id, Receipt.is_first)
    db.session.execute(delete(Answers).where(Answers.receipt_id.in_(first)))


@contextmanager
def _one_place_for_each() -> Iterator[None]:
    """Do something that may make two people one, and refuse it when it does."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as clash:
        if broken_rule(clash) != admission.SAME_PERSON:
            raise
        raise Taken("There is another booking with these names and this email address") from None
