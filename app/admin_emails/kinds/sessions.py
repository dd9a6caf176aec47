"""Emails about seats in sessions, each with the template variables of its preview."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from flask_babel import lazy_gettext as _l

from app import clock
from app.admin_emails.kinds import samples
from app.admin_emails.kinds.email_kind import DELEGATE, EmailKind
from app.admin_emails.kinds.samples import Context
from app.programme import snapshot
from app.programme.models import Session
from app.registration import session_emails
from app.registration.ballots.models import Ballot
from app.registration.session_bookings import offers as session_offers
from app.registration.session_seats import session_limit
from app.registration.waiting_list.models import WaitingListEntry
from app.releases import current_release, snapshot_builder

OTHER_TITLE = "Another example of a session"


def session_booked() -> Context:
    """Return a booking with a new seat in a session."""
    start = datetime.combine(
        current_release.get_programme().conference.starts_on, samples.SESSION_TIME, UTC
    )
    row = Session(
        key=samples.SAMPLE_KEY,
        slug=samples.SAMPLE_KEY,
        title=samples.SESSION_TITLE,
        kind="workshop",
        starts_at=start,
        **dict.fromkeys(("subtitle", "abstract", "description", "language", "licence"), ""),
        **dict.fromkeys(("links", "keywords"), "[]"),
    )
    room = snapshot.Room(samples.SAMPLE_KEY, samples.ROOM_NAME, None, "", (), is_illustrative=False)
    session = replace(snapshot_builder.build_session(row), room=room)
    return {**samples.booking(), "session": session, "given_up": [], "is_by_team": False}


def sessions_chosen() -> Context:
    """Return a new booking with a seat in one session, and none in another."""
    context = session_booked()
    session = context["session"]
    return {
        **samples.booking(),
        "booked": [session],
        "missed": [replace(session, title=OTHER_TITLE)],
    }


def session_waiting() -> Context:
    """Return a booking on the waiting list of a session."""
    context = session_booked()
    entry = WaitingListEntry(
        scope=session_limit(samples.SAMPLE_KEY),
        title=samples.SESSION_TITLE,
        delegate=context["delegate"],
    )
    return {**context, "entry": entry, "position": 3, "cause": session_emails.SESSION_CANCELLED}


def session_offered() -> Context:
    """Return a booking with the offer of a seat in a session."""
    context = session_waiting()
    context["entry"].offer_ends_at = session_offers.get_offer_end(context["session"], clock.now())
    return context


def ballot_drawn() -> Context:
    """Return a booking that has won a seat in a ballot."""
    context = session_booked()
    ballot = Ballot(id=1, title="Workshops")
    return {
        **samples.booking(),
        "ballot": ballot,
        "ticket_number": "K7QF2M9X",
        "won": [context["session"]],
    }


def session_released() -> Context:
    """Return a booking with a seat that was released."""
    return {
        **samples.booking(),
        "title": samples.SESSION_TITLE,
        **dict.fromkeys(("is_by_team", "is_no_show"), False),
        "kept": "",
    }


def session_clash() -> Context:
    """Return a booking with two seats that overlap after a release."""
    session = session_booked()["session"]
    others = [replace(session, title=OTHER_TITLE)]
    choose_by = session_offers.get_offer_end(session, clock.now())
    return {**samples.booking(), "session": session, "clashes": others, "choose_by": choose_by}


SESSIONS: Final[Mapping[str, EmailKind]] = {
    "session_booked": EmailKind(
        _l("Seat in a session booked"),
        DELEGATE,
        _l("The delegate or the team books a seat in a session"),
        session_booked,
    ),
    "sessions_chosen": EmailKind(
        _l("Seats chosen while registering"),
        DELEGATE,
        _l("Someone registers and chooses sessions"),
        sessions_chosen,
    ),
    "ballot_drawn": EmailKind(
        _l("Result of a ballot"),
        DELEGATE,
        _l("A ballot in which the delegate takes part is drawn"),
        ballot_drawn,
    ),
    "session_released": EmailKind(
        _l("Seat in a session given back"),
        DELEGATE,
        _l("The delegate or the team gives back a seat in a session"),
        session_released,
    ),
    "session_clash": EmailKind(
        _l("Two seats at the same time"),
        DELEGATE,
        _l("After publishing, two sessions that a delegate has booked are at the same time"),
        session_clash,
    ),
    "session_wait_joined": EmailKind(
        _l("Waiting list of a session joined"),
        DELEGATE,
        _l("A delegate joins the waiting list of a session"),
        session_waiting,
    ),
    "session_offer": EmailKind(
        _l("Offer of a seat in a session"),
        DELEGATE,
        _l("A seat becomes free for a delegate who waits for it"),
        session_offered,
    ),
    "session_offer_lapsed": EmailKind(
        _l("Offer of a seat ended"),
        DELEGATE,
        _l("A delegate does not accept the seat in time"),
        session_offered,
    ),
    "session_wait_ended": EmailKind(
        _l("Waiting list of a session closed"),
        DELEGATE,
        _l("A session with a waiting list is cancelled, or the team removes someone from its list"),
        session_waiting,
    ),
}
