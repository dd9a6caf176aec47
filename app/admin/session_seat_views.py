"""Seats in a session: who has booked one, adding and removing people."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from app.accounts import roles
from app.accounts.guards import can_change, current_actor
from app.admin_kit.listing import PAGE_SIZE, Listing, parse_list_query, render_list
from app.errors import NotFound, RuleViolation
from app.forms.fields import editor_line_field, line_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.programme.editing import session_queries
from app.programme.models import Session
from app.registration.desk import queries as desk
from app.registration.desk import services as desk_services
from app.registration.session_bookings import queries, services
from app.web import redirects, spreadsheets
from app.web.formatting import local_moment, plain_moment
from app.web.rendering import render_page

bp = Blueprint("session_seats", __name__, url_prefix="/session-seats/<slug>")

redirects.MESSAGES["admin"] |= {
    "seat-added": _l("The seat has been booked. We are emailing the delegate to confirm this."),
    "seat-there": _l("The delegate already has a seat. Nothing has changed."),
    "seat-removed": _l("The delegate has been removed. We are emailing them to say so."),
}


class AddSeatForm(Form):
    """Book a seat for a delegate, by booking reference."""

    reference = line_field(
        _l("Booking reference"),
        _l("The booking reference"),
        _l("Enter the booking reference"),
        autocomplete="off",
        spellcheck="false",
    )
    is_swap = BooleanField(_l("If they have another seat at the same time, give it back"))
    reason = editor_line_field(
        _l("Reason for a seat beyond the limit (optional)"),
        _l("The reason"),
        _l("Only needed if the session is full. It is recorded in the history of the booking"),
    )


@bp.get("")
def show(slug: str) -> ResponseReturnValue:
    session, query = session_queries.get_session(slug), parse_list_query((), ("name",))
    rows = queries.list_of_session(session.key, query.search, offset=query.offset, limit=PAGE_SIZE)
    total = queries.count_of_session(session.key, query.search)
    return render_list(
        "admin/session_seats/show.html",
        Listing(rows, total, query, endpoint=".show"),
        session=session,
        seats=queries.find_seats(session.key),
        holds=queries.list_holds(session.key),
        may_add_seats=can_change(roles.PROGRAMME),
        delegates_url=url_for("admin.delegates.index"),
        moment_in_words=cache(plain_moment),  # cached, since formatting is slow
        breadcrumbs=_breadcrumbs(session),
    )


@bp.route("/add", methods=["GET", "POST"])
@validates_own_csrf
def add(slug: str) -> ResponseReturnValue:
    session = session_queries.get_session(slug)
    form = AddSeatForm()
    if form.validate_on_submit():
        try:
            return redirects.redirect_to(_url(session), _add(session, form))
        except (NotFound, RuleViolation) as refusal:
            form.add_error(form.reference, refusal)
    return render_page(
        "admin/session_seats/add.html",
        session=session,
        form=form,
        back=_url(session),
        breadcrumbs=[*_breadcrumbs(session), (gettext("Seats"), _url(session))],
    )


@bp.route("/<reference>/remove", methods=["GET", "POST"])
@validates_own_csrf
def remove(slug: str, reference: str) -> ResponseReturnValue:
    session, delegate = session_queries.get_session(slug), desk.get_delegate(reference)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            services.cancel(delegate, session.key, actor=current_actor())
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirects.redirect_to(_url(session), "seat-removed")
    breadcrumbs = [*_breadcrumbs(session), (gettext("Seats"), _url(session))]
    return render_page(
        "admin/session_seats/remove.html",
        session=session,
        delegate=delegate,
        form=form,
        breadcrumbs=breadcrumbs,
    )


@bp.post("/export")
def export(slug: str) -> Response:
    session = session_queries.get_session(slug)
    search = parse_list_query((), ("name",)).search
    rows = list(_iter_rows(session, search))
    desk_services.record_export(
        f"who booked “{session.title}”", len(rows), "", actor=current_actor()
    )
    head = (gettext("Reference"), gettext("Name"), gettext("Email"), gettext("Booked"))
    return spreadsheets.send_csv(f"seats-{session.slug}", head, rows)


def _add(session: Session, form: AddSeatForm) -> str:
    """Book a seat for the delegate; return the name of the message."""
    delegate = desk.get_delegate(str(form.reference.data))
    public = queries.find_session(session.key)
    if public is None:
        raise RuleViolation("This session is not public, so no seats can be booked in it")
    booked_keys = [one.session_key for one in queries.list_of_delegate(delegate)]
    is_new = services.book(
        delegate,
        public,
        in_place_of=booked_keys if form.is_swap.data else (),
        actor=current_actor(),
        override_reason=form.reason.data or "",
    )
    return "seat-added" if is_new else "seat-there"


def _iter_rows(session: Session, search: str) -> Iterator[list[Any]]:
    for booking in queries.list_of_session(session.key, search):
        delegate = booking.delegate
        yield [
            delegate.reference,
            delegate.full_name,
            delegate.email,
            local_moment(booking.booked_at),
        ]


def _url(session: Session) -> str:
    return url_for(".show", slug=session.slug)


def _breadcrumbs(session: Session) -> list[tuple[str, str]]:
    return [(session.title, url_for("admin.sessions.show", slug=session.slug))]
