"""The emails about seats in sessions, each queued in the transaction of the change it reports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.delegates.models import Delegate
from app.mail.models import Email
from app.programme.snapshot import Session
from app.registration import emails
from app.registration.ballots.models import Ballot
from app.registration.session_bookings import calendar as session_calendar
from app.registration.waiting_list.models import WaitingListEntry

# reasons why a wait for a seat in a session ended
SESSION_CANCELLED, LIST_CLOSED = "cancelled", "closed"
OTHER_DAYS, REMOVED_BY_TEAM = "other days", "removed by the team"


def send_session_booked(
    delegate: Delegate, session: Session, given_up: Sequence[Session], *, is_by_team: bool
) -> Email:
    """Confirm a seat in a session, and the release of others for it."""
    return emails.enqueue_to_delegate(
        "session_booked",
        delegate,
        ical=session_calendar.render_update(
            delegate, [session.key], [one.key for one in given_up], is_done=False
        ),
        session=session,
        given_up=given_up,
        is_by_team=is_by_team,
    )


def send_sessions_chosen(
    delegate: Delegate, booked: Sequence[Session], missed: Sequence[Session]
) -> Email:
    """Tell a new delegate which seats they have, and which they did not get."""
    keys = [session.key for session in booked]
    return emails.enqueue_to_delegate(
        "sessions_chosen",
        delegate,
        ical=session_calendar.render_update(delegate, keys) if keys else None,
        booked=booked,
        missed=missed,
    )


def send_ballot_drawn(
    delegate: Delegate, ballot: Ballot, ticket: str, won: Sequence[Session]
) -> None:
    """Tell a person which seats they have won in a ballot, or that they have won none."""
    keys = [session.key for session in won]
    emails.enqueue_to_delegate(
        "ballot_drawn",
        delegate,
        ical=session_calendar.render_update(delegate, keys) if keys else None,
        ballot=ballot,
        ticket_number=ticket,
        won=won,
    )


def send_session_clash(
    delegate: Delegate, session: Session, clashes: Sequence[Session], choose_by: datetime
) -> None:
    """Ask a person which seat to keep, since a release has made sessions overlap."""
    emails.enqueue_to_delegate(
        "session_clash", delegate, session=session, clashes=list(clashes), choose_by=choose_by
    )


def send_session_released(  # noqa: PLR0913 – the seat, and why it was released
    delegate: Delegate,
    title: str,
    session: Session | None,
    *,
    is_by_team: bool,
    kept: str = "",
    is_no_show: bool = False,
) -> None:
    """Confirm that a person no longer has a seat in a session.

    ``kept`` has the overlapping sessions, if they did not choose in time; ``is_no_show`` says that
    they did not arrive in time.
    """
    emails.enqueue_to_delegate(
        "session_released",
        delegate,
        ical=session_calendar.render_update(delegate, [], [session.key]) if session else None,
        title=title,
        session=session,
        is_by_team=is_by_team,
        kept=kept,
        is_no_show=is_no_show,
    )


def send_session_wait_joined(entry: WaitingListEntry, session: Session, position: int) -> None:
    """Confirm that a person is waiting for a seat in a session, with their position."""
    _enqueue_for_session("session_wait_joined", entry, session, position=position)


def send_session_offer(entry: WaitingListEntry, session: Session) -> None:
    """Offer a seat to a waiting person."""
    _enqueue_for_session("session_offer", entry, session)


def send_session_offer_lapsed(entry: WaitingListEntry, session: Session) -> None:
    """Tell a person that the offer of a seat has expired."""
    _enqueue_for_session("session_offer_lapsed", entry, session)


def send_session_wait_ended(entry: WaitingListEntry, session: Session | None, cause: str) -> None:
    """Tell a person that their wait for a seat was ended, and why."""
    is_cancelled = session is None or session.is_cancelled
    _enqueue_for_session(
        "session_wait_ended", entry, session, cause=SESSION_CANCELLED if is_cancelled else cause
    )


def _enqueue_for_session(
    template: str, entry: WaitingListEntry, session: Session | None, **context: Any
) -> None:
    if entry.delegate is not None:
        emails.enqueue_to_delegate(
            template, entry.delegate, entry=entry, session=session, **context
        )
