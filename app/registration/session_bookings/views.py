"""A delegate's sessions: booked and starred in one view, and the steps to book, swap or release.

Opening a page changes nothing, because mail scanners open every link; every step needs a button.
"""

from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates.models import Delegate
from app.errors import Moved, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.programme.snapshot import Session
from app.registration import links
from app.registration.bookings import access
from app.registration.bookings import queries as bookings
from app.registration.session_bookings import (
    agenda_seats,
    calendar_feed,
    clash_choices,
    cookie,
    labels,
    listing,
    services,
)
from app.registration.session_bookings.bookable_list import BookableFilter
from app.registration.session_seats import session_limit
from app.registration.waiting_list import queries as waiting_list
from app.registration.waiting_list.entry_history import list_steps
from app.registration.waiting_list.models import LAPSED, WaitingListEntry
from app.releases.current_release import get_programme
from app.request_transaction import check_first, start_writing_after_check
from app.web.rendering import render_page, render_shared_page
from app.web.security_headers import no_referrer

FLASH_MESSAGES = {
    "booked": _l("You have a seat. We will email you to confirm this."),
    "swapped": _l("You have the new seat, and have given back the other. We will email you."),
    "waiting": _l("You are on the waiting list. We will email you to confirm this."),
    "left": _l("You are no longer on the waiting list."),
    "declined": _l("Thank you. We will offer the seat to the next person."),
    "kept": _l("You keep the seat, and have given back the other. We will email you."),
    "released": _l("You have given your seat back. We will email you to confirm this."),
}

bp = Blueprint("session_bookings", __name__, url_prefix="/booking")
no_referrer(bp)
check_first(bp, {"show"})
access.register_dead_links(bp)
bp.add_app_template_global(labels.seat_label)
bp.add_app_template_global(labels.seat_action)
bp.add_app_template_global(labels.takes_waiting)
bp.add_app_template_global(labels.describe_freeing)
bp.add_app_template_global(labels.has_door_seats)
bp.add_app_template_global(links.sessions_link)


@bp.get("/seats/<slug>")
def find_own(slug: str) -> ResponseReturnValue:
    """Redirect from the page of a session to the delegate's step to book it, if known."""
    session = _get_session(slug)
    key = cookie.find_booking_key()
    if key is None:
        return render_page("registration/session_bookings/find_own.html", session=session)
    token = links.booking_token(bookings.get_booking(key))
    return redirect(url_for(".show", secret=token, slug=session.slug))


@bp.get("/seats")
def find_own_sessions() -> ResponseReturnValue:
    """Redirect from an agenda to the delegate's booked and starred sessions, if known."""
    key = cookie.find_booking_key()
    if key is None:
        return render_page("registration/session_bookings/find_own.html", session=None)
    return redirect(url_for(".index", secret=links.booking_token(bookings.get_booking(key))))


@bp.get("/<secret>/sessions")
def index(secret: str) -> ResponseReturnValue:
    """Show a delegate's sessions, and those that they can book."""
    delegate = access.get_booking(secret)
    page = render_page(
        "registration/session_bookings/index.html",
        delegate=delegate,
        secret=secret,
        sessions=listing.build(delegate, BookableFilter.parse(request.args)),
        flash_message=FLASH_MESSAGES.get(request.args.get("news", "")),
        feed=agenda_seats.feed_url(delegate),
        breadcrumbs=_breadcrumbs(secret),
    )
    return cookie.set_cookie(page, delegate)


@bp.route("/<secret>/sessions/<slug>", methods=["GET", "POST"])
@validates_own_csrf
def show(secret: str, slug: str) -> ResponseReturnValue:
    """Show one session with the button to book it, swap for it, wait for it, or release it."""
    if request.method == "GET":
        return _render(access.get_booking(secret), secret, _get_session(slug), ConfirmForm())
    key, session = links.read_booking_key(secret), _get_session(slug)
    form, status = ConfirmForm(), 422
    if form.validate_on_submit():
        try:
            return _redirect(secret, _apply_action(key, session))
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
            choice = listing.build_missed(session)
            if isinstance(refusal, services.TooLate) and choice.can_be_waited_for:
                return _render_too_late(secret, choice, form, refusal)
            status = 409
    return _render(bookings.get_booking(key), secret, session, form, status)


@bp.get("/calendar/<token>.ics")
def feed(token: str) -> ResponseReturnValue:
    """Serve the sessions that a delegate has booked or starred as one iCalendar feed."""
    delegate = bookings.get_booking(links.read_session_feed_key(token))
    answer = Response(
        calendar_feed.render_feed(delegate, agenda_seats.feed_url(delegate)),
        mimetype="text/calendar",
    )
    answer.add_etag()
    return answer.make_conditional(request)


def _apply_action(key: str, session: Session) -> str:
    """Apply the action of the pressed button; return the name of the message.

    People who are too late are told so before anything is locked. The limits are locked before the
    person's row, which opening a booking by ``access`` may lock.
    """
    action = next((one for name, one in ACTIONS.items() if name in request.form), _book)
    if action is _book:
        services.check_availability(key, session)
    start_writing_after_check()
    return action(bookings.get_booking(key), session)


def _book(delegate: Delegate, session: Session) -> str:
    in_place_of = request.form.getlist("in_place_of")
    services.book(delegate, session, in_place_of=in_place_of)
    return "swapped" if in_place_of else "booked"


def _release(delegate: Delegate, session: Session) -> str:
    services.cancel(delegate, session.key)
    return "released"


def _keep(delegate: Delegate, session: Session) -> str:
    clash_choices.keep_seat(delegate, session)
    return "kept"


def _join(delegate: Delegate, session: Session) -> str:
    services.join_waiting_list(delegate, session)
    return "waiting"


def _leave(delegate: Delegate, session: Session) -> str:
    has_left = services.leave_waiting_list(delegate, session.key)
    return "declined" if has_left and "declines" in request.form else "left"


# by button name
ACTIONS: Final = {"release": _release, "keep": _keep, "join": _join, "leave": _leave}


def _get_session(slug: str) -> Session:
    """Return a session by its current or a former slug, because the page may be old."""
    programme = get_programme()
    try:
        return programme.get_session(slug)
    except Moved as moved:
        return programme.get_session(moved.slug)


def _render(
    delegate: Delegate, secret: str, session: Session, form: ConfirmForm, status: int = 200
) -> Response:
    entry = _find_entry(delegate, session) if status < 400 else None
    return render_page(
        "registration/session_bookings/show.html",
        status,
        delegate=delegate,
        owner_name=delegate.full_name,
        owner_reference=delegate.reference,
        secret=secret,
        choice=listing.build_choice(delegate, session, with_stars=status < 400),
        form=form,
        steps=list_steps(entry) if entry else (),
        lapsed_at=entry.offer_ends_at if entry and entry.state == LAPSED else None,
        breadcrumbs=[*_breadcrumbs(secret), (gettext("Your sessions"), _index_url(secret))],
    )


def _render_too_late(
    secret: str, choice: listing.SessionChoice, form: ConfirmForm, refusal: services.TooLate
) -> Response:
    """Say that all seats are booked; many people get this at once when a session fills up."""
    return render_shared_page(
        "registration/session_bookings/show.html",
        409,
        variant=choice.session.slug,
        own=(form.csrf_token.current_token, secret),
        own_texts={"owner_name": refusal.full_name, "owner_reference": refusal.reference},
        delegate=None,
        secret=secret,
        choice=choice,
        form=form,
        steps=(),
        lapsed_at=None,
        breadcrumbs=[*_breadcrumbs(secret), (gettext("Your sessions"), _index_url(secret))],
    )


def _find_entry(delegate: Delegate, session: Session) -> WaitingListEntry | None:
    """Return a delegate's newest waiting list entry for a session, or None."""
    return waiting_list.find_latest_of_delegate(delegate.id, session_limit(session.key))


def _breadcrumbs(secret: str) -> list[tuple[str, str]]:
    return [(gettext("Your booking"), url_for("bookings.show", secret=secret))]


def _index_url(secret: str, news: str | None = None) -> str:
    return url_for(".index", secret=secret, news=news)


def _redirect(secret: str, news: str) -> Response:
    return Response(status=303, headers={"Location": _index_url(secret, news)})
