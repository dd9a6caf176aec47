"""Check-in at a session, for a phone: who has come, and letting in people without a seat."""

from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.session_hold_views import find_public
from app.admin_kit.listing import PAGE_SIZE, Listing, parse_list_query, render_list
from app.errors import NotFound, RuleViolation
from app.forms.form import ConfirmForm, validates_own_csrf
from app.programme.editing import session_queries
from app.registration.desk import queries as desk
from app.registration.session_bookings import check_in, queries
from app.web import redirects

bp = Blueprint("door", __name__)

redirects.MESSAGES["admin"] |= {
    "door-check_in": _l("Checked in."),
    "door-undo": _l("Undone."),
    "door-let_in": _l("They have a seat, and are checked in."),
}
MAX_SEARCH_LENGTH: Final = 100
ACTIONS: Final[Mapping[str, Callable[..., bool]]] = {
    "check_in": check_in.check_in,
    "undo": check_in.undo,
    "let_in": check_in.let_in,
}


@bp.route("/door", methods=["GET", "POST"])
@validates_own_csrf
def show(slug: str) -> ResponseReturnValue:
    session, form, error = session_queries.get_session(slug), ConfirmForm(), ""
    if request.method == "POST" and not form.validate():
        error = "\n".join(map(str, form.csrf_token.errors))
    elif request.method == "POST":
        name = request.form.get("action", "")
        try:
            delegate = desk.get_delegate(request.form.get("reference", "").strip())
            ACTIONS.get(name, check_in.check_in)(
                delegate, find_public(session), actor=current_actor()
            )
        except (NotFound, RuleViolation) as refusal:
            error = gettext(str(refusal))
        else:
            search = request.form.get("q", "")[:MAX_SEARCH_LENGTH]
            back = url_for(".show", slug=slug, q=search or None)
            return redirects.redirect_to(back, f"door-{name}")
    query = parse_list_query((), ("name",))
    rows = queries.list_of_session(session.key, query.search, offset=query.offset, limit=PAGE_SIZE)
    total = queries.count_of_session(session.key, query.search)
    seats_url = url_for("admin.session_seats.show", slug=slug)
    return render_list(
        "admin/session_seats/door.html",
        Listing(rows, total, query, endpoint=".show"),
        error,
        session=session,
        typed=request.form.get("reference", "") if error else "",
        counts=queries.count_door(session.key),
        public=queries.find_session(session.key),
        breadcrumbs=[
            (session.title, url_for("admin.sessions.show", slug=session.slug)),
            (gettext("Seats"), seats_url),
        ],
    )
