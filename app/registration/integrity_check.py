"""Integrity checks of the data, with problems described in plain sentences.

The worker runs them once a day and emails the organisers if there are problems; ``flask audit``
runs them at once. Nothing is repaired automatically: someone should find out why it happened.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import exists, func, select

from app import clock
from app.accounts import queries as accounts
from app.database import db
from app.history import queries as history_queries
from app.history import services as history
from app.mail import services as mail
from app.mail.models import Email
from app.registration.models import Delegate, SeatLimit
from app.registration.queries import ATTENDING
from app.registration.seats import CONFERENCE

HISTORY_SUBJECT = "audit"
TAKEN_SEATS = select(SeatLimit.taken).where(SeatLimit.name == CONFERENCE).scalar_subquery()
ATTENDING_COUNT = select(func.count()).select_from(Delegate).where(ATTENDING).scalar_subquery()


def run_checks() -> Sequence[str]:
    """List the problems, one sentence each."""
    return [sentence for check in CHECKS for sentence in check()]


def run_daily() -> None:
    """Run the checks unless that was done today, and email problems to the organisers."""
    latest = history_queries.find_latest(HISTORY_SUBJECT)
    if latest is not None and latest.happened_at.date() == clock.now().date():
        return
    faults = run_checks()
    history.record(f"The site looked itself over: {len(faults)} faults", subject=HISTORY_SUBJECT)
    if faults:
        for organiser in accounts.list_organisers():
            mail.enqueue("audit_found", to=organiser.email, faults=faults)


def _check_seat_count() -> Sequence[str]:
    taken, attending = db.session.execute(  # one query, so that the numbers match
        select(func.coalesce(TAKEN_SEATS, 0), ATTENDING_COUNT)
    ).one()
    if taken == attending:
        return []
    return [f"{taken} places are counted as taken, but {attending} people are coming."]


def _check_confirmation_emails() -> Sequence[str]:
    email_exists = exists().where(
        Email.booking_reference == Delegate.reference, Email.template == "registration_confirmed"
    )
    without = db.session.scalars(
        select(Delegate.reference)
        .where(ATTENDING, ~Delegate.is_demo, ~Delegate.is_added_by_team, ~email_exists)
        .order_by(Delegate.reference)
    )
    return [f"No letter was ever written to confirm booking {reference}." for reference in without]


CHECKS: tuple[Callable[[], Sequence[str]], ...] = (
    _check_seat_count,
    _check_confirmation_emails,
)
