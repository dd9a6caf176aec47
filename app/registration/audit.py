"""The site looks itself over: what must always be true of its data, said in plain words.

The worker does so once a day and writes to the organisers when something is wrong; ``flask
audit`` does so at once. Nothing is mended by itself: someone should know why it happened.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import exists, func, select

from app import clock
from app.accounts import queries as accounts
from app.database import db
from app.history import queries as history_queries
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Letter
from app.registration.models import Delegate, SeatLimit
from app.registration.queries import ATTENDING
from app.registration.seats import CONFERENCE

AUDIT = "audit"
COUNTED = select(SeatLimit.taken).where(SeatLimit.name == CONFERENCE).scalar_subquery()
COMING = select(func.count()).select_from(Delegate).where(ATTENDING).scalar_subquery()


def faults() -> Sequence[str]:
    """List what is wrong, a sentence each."""
    return [sentence for check in CHECKS for sentence in check()]


def look_once_a_day() -> None:
    """Look everything over unless that was done today, and write to the organisers of faults."""
    latest = history_queries.latest(AUDIT)
    if latest is not None and latest.happened_at.date() == clock.now().date():
        return
    found = faults()
    history.record(f"The site looked itself over: {len(found)} faults", about=AUDIT)
    if found:
        for organiser in accounts.organisers():
            mail.post("audit_found", to=organiser.email, faults=found)


def _seats_are_counted_right() -> Sequence[str]:
    taken, attending = db.session.execute(  # at one moment, whoever is registering
        select(func.coalesce(COUNTED, 0), COMING)
    ).one()
    if taken == attending:
        return []
    return [f"{taken} places are counted as taken, but {attending} people are coming."]


def _every_booking_has_its_letter() -> Sequence[str]:
    written = exists().where(
        Letter.about == Delegate.reference, Letter.name == "registration_confirmed"
    )
    without = db.session.scalars(
        select(Delegate.reference)
        .where(ATTENDING, ~Delegate.is_invented, ~Delegate.is_by_hand, ~written)
        .order_by(Delegate.reference)
    )
    return [f"No letter was ever written to confirm booking {reference}." for reference in without]


CHECKS: tuple[Callable[[], Sequence[str]], ...] = (
    _seats_are_counted_right,
    _every_booking_has_its_letter,
)
