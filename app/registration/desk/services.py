"""What the desk does with bookings, by the rules that hold for delegates themselves.

Each deed stands in the history with who did it. Where a letter may be left out, because its
reader stands at the desk or is best told in another way, that is a deed of its own.
"""

from app.errors import Refused
from app.history import services as history
from app.registration import admission, letters
from app.registration import queries as registration
from app.registration.bookings import deeds
from app.registration.bookings.deeds import SameAddress, Taken
from app.registration.models import Delegate, Needs
from app.registration.recognition import same_person
from app.registration.told import Application, Told

NEEDS_SHOWN = "What the delegate needs was looked at"
ERASED = "The details have been erased, so there is nobody to write to"


class Known(Taken):
    """Somebody has this place already; ``reference`` says by which booking."""

    def __init__(self, reference: str) -> None:
        super().__init__("There is a booking with these names and this email address already")
        self.reference = reference


def add(application: Application, language: str, *, who: str) -> Delegate:
    """Give somebody a place, whether registration is open or not, and write to tell them so."""
    delegate = add_quietly(application, language, who=who)
    letters.registration_confirmed(delegate)
    return delegate


def add_quietly(application: Application, language: str, *, who: str) -> Delegate:
    """Give somebody a place without a letter."""
    delegate = admission.give(application, language, is_by_hand=True)
    if delegate is None:
        known = registration.attending(same_person(application.name.full, application.email))
        raise Known(known.reference)
    deeds.record(delegate, "Added by hand", who)
    return delegate


def change(delegate: Delegate, wanted: Told, *, seen: int, who: str) -> bool:
    """Put new answers into a booking and write about what changed; tell whether anything did."""
    made = deeds.change(delegate, wanted, seen=seen, who=who)
    if made:
        letters.booking_changed(delegate, made)
    return bool(made)


def change_quietly(delegate: Delegate, wanted: Told, *, seen: int, who: str) -> bool:
    """Put new answers into a booking without a letter; tell whether anything changed."""
    return bool(deeds.change(delegate, wanted, seen=seen, who=who))


def correct_address(delegate: Delegate, email: str, *, seen: int, who: str) -> None:
    """Let letters go to another address at once, and tell the reader of the old one too."""
    old = _correct_address(delegate, email, seen=seen, who=who)
    letters.address_corrected(delegate, old)


def correct_strangers_address(delegate: Delegate, email: str, *, seen: int, who: str) -> None:
    """Let letters go to another address at once; the old one was never the delegate's."""
    _correct_address(delegate, email, seen=seen, who=who)


def cancel(delegate: Delegate, *, who: str) -> None:
    """Give a place back and write to tell so."""
    cancel_quietly(delegate, who=who)
    letters.booking_cancelled(delegate)


def cancel_quietly(delegate: Delegate, *, who: str) -> None:
    """Give a place back without a letter."""
    deeds.cancel(delegate, who=who)


def write_again(delegate: Delegate, *, who: str) -> None:
    """Write once more what is so now: that there is a place, or that there is none any more.

    Letters that hold a link are emptied once they are sent, so the letter is written afresh.
    """
    deeds.lock(delegate)
    if delegate.is_erased:
        raise Refused(ERASED)
    if delegate.is_attending:
        deeds.record(delegate, "The confirmation was sent again", who)
        letters.registration_confirmed(delegate)
    else:
        deeds.record(delegate, "The letter about the cancellation was sent again", who)
        letters.booking_cancelled(delegate)


def erase(delegate: Delegate, *, who: str) -> None:
    """Forget who a delegate was, when they have cancelled and ask for it."""
    deeds.erase_cancelled(delegate, who=who)


def show_needs(delegate: Delegate, *, who: str) -> Needs:
    """Give what somebody needs to take part, and write down who looked at it."""
    deeds.record(delegate, NEEDS_SHOWN, who)
    return delegate.needs or Needs(access="", dietary="")


def note_export(what: str, how_many: int, reason: str, *, who: str) -> None:
    """Write down that somebody took details of delegates along: what, of how many, and why."""
    why = f". Reason: {reason}" if reason else ""
    history.record(f"Exported {what} of {how_many} delegates{why}", about="delegates", who=who)


def _correct_address(delegate: Delegate, email: str, *, seen: int, who: str) -> str:
    deeds.hold(delegate, seen)
    if deeds.is_same(email, delegate.email):
        raise SameAddress("That is the address that we have: enter another one")
    old = deeds.readdress(delegate, email, "The email address was corrected", who=who)
    letters.registration_confirmed(delegate)
    return old
