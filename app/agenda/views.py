"""The agenda of this browser; it is changed only by buttons, never by following a link.

A browser that has opened a booking sees its seats, too: such a page is personal and never cached.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms import HiddenField

from app import clock, preview_mode
from app.agenda import cookie, listing, own_seats, services, transfer_views
from app.agenda.models import Agenda
from app.agenda.own_seats import OwnSeats
from app.errors import Moved, NotFound, RateLimitExceeded, require
from app.forms.form import (
    DAY_SECONDS,
    ConfirmForm,
    CookielessForm,
    cookieless_csrf_token,
    validates_own_csrf,
)
from app.programme import queries as programme_queries
from app.programme.snapshot import Session
from app.releases import current_release
from app.text import strip_hidden
from app.web.cache_policy import expires_at
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

MAX_SLUG_LENGTH = 300  # characters


@dataclass(frozen=True)
class StarChange:
    """Which session to star or unstar."""

    slug: str
    is_starred: bool


class StarForm(CookielessForm):
    """The single form for all stars on a page; the pressed button names the session."""

    add = HiddenField()
    remove = HiddenField()

    def get_change(self) -> StarChange:
        """Return the change that the pressed button stands for."""
        slug = strip_hidden(self.remove.data or self.add.data or "")
        return StarChange(slug=slug[:MAX_SLUG_LENGTH], is_starred=not self.remove.data)


def stars_enabled() -> bool:
    """Return True if pages have star buttons, which are disabled in preview mode."""
    return preview_mode.current() is None


def csrf_token() -> str:
    """Return the CSRF token of the form, and let the page that contains it expire at midnight."""
    today = clock.real_now().timestamp() % DAY_SECONDS
    expires_at(clock.now() + timedelta(seconds=DAY_SECONDS - today))
    return cookieless_csrf_token()


JSON = "application/json"
NO_AGENDA = "This browser has no agenda yet"

bp = Blueprint("agenda", __name__, url_prefix="/agenda")
no_referrer(bp)
bp.add_app_template_global(stars_enabled, "stars_are_offered")
bp.add_app_template_global(csrf_token, "star_token")


@bp.get("")
def show() -> ResponseReturnValue:
    agenda = cookie.current_agenda()
    stars = agenda.stars if agenda else []
    seats = own_seats.find(agenda)
    is_cookie_orphaned = cookie.is_cookie_orphaned(agenda)
    return render_page(
        "agenda/show.html",
        listing=listing.build(
            stars,
            current_release.get_programme(),
            programme_queries.get_walking_time(),
            seats.by_key if seats else {},
        ),
        seats=seats,
        seat_labels=_label_seats(seats),
        starred=" ".join(_starred_slugs(agenda)),
        feed=transfer_views.feed_url(agenda) if agenda else "",
        added_session=_find_added_session(agenda),
        is_cookie_missing=agenda is None and not is_cookie_orphaned and "added" in request.args,
        is_cookie_orphaned=is_cookie_orphaned,
        button_form=ConfirmForm(),
        breadcrumbs=[],
    )


@bp.get("/stars.json")
def starred_json() -> ResponseReturnValue:
    agenda = cookie.current_agenda()
    seats = _label_seats(own_seats.find(agenda))
    known = {} if seats is None else {"seats": seats}
    return jsonify(sessions=_starred_slugs(agenda), **known)


@bp.post("/stars")
@validates_own_csrf
def set_star() -> ResponseReturnValue:
    form = StarForm()
    change = form.get_change()
    if not form.validate_on_submit():
        return render_page("agenda/confirm_star.html", form=form, change=change)
    session = _get_session(change.slug)
    try:
        agenda = _apply_change(change, session)
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        page = render_page("agenda/confirm_star.html", form=form, change=change)
        return refuse(page, refusal)
    if request.accept_mimetypes.best == JSON:
        answer = jsonify(sessions=_starred_slugs(agenda))
    else:
        answer = _redirect_to_agenda(added=session.slug if change.is_starred else None)
    return cookie.set_cookie(answer, agenda) if agenda else answer


@bp.post("/stars/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    agenda = require(cookie.current_agenda(), NotFound(NO_AGENDA))
    services.remove(agenda, number)
    return cookie.set_cookie(_redirect_to_agenda(), agenda)


@bp.post("/seen")
def acknowledge_changes() -> ResponseReturnValue:
    agenda = require(cookie.current_agenda(), NotFound(NO_AGENDA))
    services.acknowledge_changes(
        agenda, {session.key: session for session in current_release.get_programme().sessions}
    )
    return cookie.set_cookie(_redirect_to_agenda(), agenda)


@bp.route("/forget", methods=["GET", "POST"])
def delete() -> ResponseReturnValue:
    form = ConfirmForm()
    if form.validate_on_submit():
        agenda = cookie.current_agenda()
        if agenda is not None:
            services.delete(agenda)
        return cookie.delete_cookie(_redirect_to_agenda())
    above = [(gettext("My agenda"), url_for(".show"))]
    return render_page("agenda/delete.html", form=form, breadcrumbs=above)


def _get_session(slug: str) -> Session:
    """Return a session by its current or a former slug, because the page may be old."""
    programme = current_release.get_programme()
    try:
        return programme.get_session(slug)
    except Moved as moved:
        return programme.get_session(moved.slug)


def _apply_change(change: StarChange, session: Session) -> Agenda | None:
    """Star or unstar a session; the first star creates an agenda."""
    agenda = cookie.current_agenda()
    if change.is_starred:
        agenda = agenda or services.create(request.remote_addr)
        services.star(agenda, session)
    elif agenda is not None:
        services.unstar(agenda, session.key)
    return agenda


def _redirect_to_agenda(added: str | None = None) -> Response:
    return Response(status=303, headers={"Location": url_for(".show", added=added)})


def _starred_slugs(agenda: Agenda | None) -> list[str]:
    """List the slugs of the starred sessions."""
    slugs = current_release.get_programme().session_slugs
    stars = agenda.stars if agenda else []
    return [slugs[star.session_key] for star in stars if star.session_key in slugs]


def _label_seats(seats: OwnSeats | None) -> dict[str, str] | None:
    """Map the slug of each session to the label of its seat; None without a booking."""
    slugs = current_release.get_programme().session_slugs
    if seats is None:
        return None
    return {slugs[key]: seat.label for key, seat in seats.by_key.items() if key in slugs}


def _find_added_session(agenda: Agenda | None) -> Session | None:
    """Return the session that was just added, as named in the query string."""
    added_slug = request.args.get("added", "")
    if added_slug not in _starred_slugs(agenda):
        return None
    return next(
        session
        for session in current_release.get_programme().sessions
        if session.slug == added_slug
    )
