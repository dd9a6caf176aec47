"""Reserved seats of a session, and when no-shows' seats are freed."""

import re
from typing import Any, Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, IntegerField
from wtforms.validators import NumberRange, Optional, ValidationError

from app.accounts.guards import current_actor
from app.errors import RuleViolation, require
from app.forms.fields import line_field
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.forms.moment_fields import moment_field
from app.programme.editing import session_queries
from app.programme.models import Session
from app.programme.snapshot import Session as PublicSession
from app.registration.session_bookings import holds, queries
from app.registration.session_bookings.holds import HoldDetails
from app.registration.session_bookings.no_shows import set_minutes
from app.web import redirects
from app.web.rendering import render_page

NUMBER: Final = re.compile(r"(?P<number>[1-9][0-9]{0,5})(?P<percent> ?%)?")
MAX_MINUTES: Final = 120

bp = Blueprint("holds", __name__)

redirects.MESSAGES["admin"] |= {
    "seats-held": _l("The seats are reserved. Nobody can book them."),
    "seats-free": _l(
        "The seats have been released. People on the waiting list are offered them first."
    ),
    "no-show-saved": _l("Saved. Pages and emails about the session now give this time."),
}


def _valid_number(_form: Any, field: Field) -> None:
    found = NUMBER.fullmatch(field.data or "")
    if found is None or (found["percent"] and int(found["number"]) > 100):
        raise ValidationError(_l("Enter a number such as 5, or a share such as 10%"))


class HoldForm(Form):
    """Reserve seats in a session."""

    number = line_field(
        _l("Number of seats, or a share of them such as 10%"),
        _l("The number"),
        validator=_valid_number,
        autocomplete="off",
        spellcheck="false",
    )
    reason = line_field(
        _l("Reason"),
        _l("The reason"),
        _l("Enter a reason, such as guests of the speakers"),
        description=_l("For the team. It is recorded in the history of the session"),
        autocomplete="off",
    )
    is_for_door = BooleanField(_l("Keep them for people who come to the door"))
    ends_at = moment_field(
        _l("Release them automatically at (optional)"),
        description=_l("Before the session starts. Without a time, release them by hand"),
    )

    def get_details(self, all_seats: int) -> HoldDetails:
        """Return the submitted values; a percentage is of all seats of the session, rounded up."""
        found = NUMBER.fullmatch(str(self.number.data))
        number = int(found["number"]) if found else 0
        is_share = found is not None and bool(found["percent"])
        return HoldDetails(
            seats=-(-number * all_seats // 100) if is_share else number,
            reason=str(self.reason.data),
            is_for_door=bool(self.is_for_door.data),
            ends_at=self.ends_at.utc_value,
        )


class NoShowForm(Form):
    """Set when the seats of no-shows are freed."""

    minutes = IntegerField(
        _l("Minutes before the start (optional)"),
        [
            Optional(),
            NumberRange(1, MAX_MINUTES, _l("Enter a number of minutes between 1 and 120")),
        ],
        description=_l("Leave this empty to keep the seats until the end"),
    )


@bp.route("/hold", methods=["GET", "POST"])
@validates_own_csrf
def add(slug: str) -> ResponseReturnValue:
    session, form = session_queries.get_session(slug), HoldForm()
    if form.validate_on_submit():
        try:
            details = form.get_details(queries.find_nominal(session.key) or 0)
            holds.add(find_public(session), details, actor=current_actor())
        except RuleViolation as refusal:
            form.add_error(form.number, refusal)
        else:
            return redirects.redirect_to(_url(session), "seats-held")
    return _render("hold", session, form, seats=queries.find_seats(session.key))


@bp.route("/holds/<int:number>/release", methods=["GET", "POST"])
@validates_own_csrf
def release(slug: str, number: int) -> ResponseReturnValue:
    session, form = session_queries.get_session(slug), ConfirmForm()
    hold = queries.get_hold(session.key, number)
    if form.validate_on_submit():
        try:
            holds.release(hold, actor=current_actor())
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirects.redirect_to(_url(session), "seats-free")
    let_in = holds.list_next_offers(session.key, hold.seats)
    return _render("release", session, form, hold=hold, let_in=let_in)


@bp.route("/no-shows", methods=["GET", "POST"])
@validates_own_csrf
def no_shows(slug: str) -> ResponseReturnValue:
    session = session_queries.get_session(slug)
    seats = queries.find_seats(session.key)
    form = NoShowForm(minutes=seats.no_show_minutes if seats else None)
    if form.validate_on_submit():
        try:
            minutes = form.minutes.data
            set_minutes(find_public(session), minutes, actor=current_actor())
        except RuleViolation as refusal:
            form.add_error(form.minutes, refusal)
        else:
            return redirects.redirect_to(_url(session), "no-show-saved")
    return _render("no_shows", session, form)


def find_public(session: Session) -> PublicSession:
    """Return the published version of a session; raise RuleViolation if there is none."""
    public = queries.find_session(session.key)
    return require(
        public, RuleViolation("This session is not public, so no seats can be booked in it")
    )


def _render(name: str, session: Session, form: Form, **context: Any) -> ResponseReturnValue:
    return render_page(
        f"admin/session_seats/{name}.html",
        session=session,
        form=form,
        back=_url(session),
        breadcrumbs=[
            (session.title, url_for("admin.sessions.show", slug=session.slug)),
            (gettext("Seats"), _url(session)),
        ],
        **context,
    )


def _url(session: Session) -> str:
    return url_for("admin.session_seats.show", slug=session.slug)
