"""More seats for a session: the page names the people they let in before anything is saved.

The number is saved in the working programme, and applies once it is published.
"""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.accounts.guards import current_actor
from app.admin_kit.edit_form import EditForm
from app.errors import RuleViolation, StaleEdit
from app.forms.fields import editor_line_field, number_field
from app.forms.form import validates_own_csrf
from app.programme.editing import session_queries, sessions
from app.programme.models import BOOKABLE, Session
from app.registration.session_seats import session_limit
from app.registration.waiting_list import manual_changes
from app.web import redirects
from app.web.rendering import render_page

MAX_SEATS = 1_000_000

redirects.MESSAGES["admin"] |= {
    "seats-raised": _l(
        "The number of seats has been changed. The offers are made when you publish."
    ),
}

bp = Blueprint("more", __name__)
bp.before_request(guards.require_role_for(roles.PROGRAMME))


class SeatsForm(EditForm):
    """More seats for a session."""

    seats = number_field(
        _l("Number of seats"),
        (1, MAX_SEATS),
        _l("Enter a number from 1 to 1,000,000"),
        _l("Enter the number of seats, like 50"),
    )
    seats_reason = editor_line_field(
        _l("Reason for more seats than the room has (optional)"),
        _l("The reason"),
        _l("Only needed if there are more seats than the room has. It is not public"),
    )


@bp.route("/more", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    """Show the people whom more seats would let in; the second button saves the number."""
    session, form = session_queries.get_session(slug), SeatsForm()
    if not form.is_submitted():
        form.seats.data, form.seats_reason.data = session.booking_seats, session.seats_reason
        form.expected_version.data = session.version
    is_shown = form.validate_on_submit()
    if is_shown and "save" in request.form and _save(session, form):
        return redirects.redirect_to(url_for("admin.publishing.changes"), "seats-raised")
    is_shown = is_shown and not form.errors
    number = form.seats.data or 0
    found = manual_changes.preview_raise(session_limit(session.key), number) if is_shown else ()
    back = url_for("admin.session_seats.show", slug=slug)
    return render_page(
        "admin/session_seats/more.html",
        session=session,
        form=form,
        is_shown=is_shown,
        found=found,
        back=back,
        breadcrumbs=[
            (session.title, url_for("admin.sessions.show", slug=session.slug)),
            (gettext("Seats"), back),
        ],
    )


def _save(session: Session, form: SeatsForm) -> bool:
    """Save the number of seats in the working programme; return False if the form has an error."""
    values = {"seats": form.seats.data, "seats_reason": form.seats_reason.data or ""}
    version = form.expected_version.data
    if session.booking != BOOKABLE:
        form.add_error(form.seats, RuleViolation("Nobody needs a seat in this session"))
        return False
    try:
        sessions.save(session, values, expected_version=version, actor=current_actor())
    except StaleEdit as stale:
        form.rebase_on(stale).form_errors.append(gettext(str(stale)))
    except RuleViolation as refusal:
        form.add_error(form.seats, refusal)
    return not form.errors
