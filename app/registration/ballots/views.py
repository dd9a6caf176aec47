"""Ballots: the public pages with rules, commitment and result, and a delegate's own wishes."""

from collections.abc import Sequence
from pathlib import Path

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, SelectField

from app import clock
from app.delegates.models import Delegate
from app.errors import NotFound, RuleViolation
from app.forms.form import Form, validates_own_csrf
from app.programme.snapshot import Session
from app.registration import links
from app.registration.ballots import draw, queries, services
from app.registration.ballots.models import BallotEntry
from app.registration.ballots.queries import PublicBallot
from app.registration.ballots.services import MAX_WISHES
from app.registration.bookings import access
from app.registration.bookings import queries as bookings
from app.registration.session_bookings import queries as session_bookings
from app.web.cache_policy import cacheable, expires_at
from app.web.formatting import local_time, short_date
from app.web.rendering import download, render_page
from app.web.security_headers import no_referrer

WISH = "wish_"  # followed by a number from 1: the form fields
NOT_CHOSEN = _l("No session")
NEWS = {
    "saved": _l("Your choices have been saved. You can change them until the ballot closes."),
    "withdrawn": _l("You are no longer in this ballot."),
}

bp = Blueprint("ballots", __name__, url_prefix="/ballots")
wishes_bp = Blueprint("ballot_wishes", __name__, url_prefix="/booking")
no_referrer(wishes_bp)
access.register_dead_links(wishes_bp)
bp.add_app_template_global(queries.find_public_of, "find_ballot")


class WishesForm(Form):
    """Rank sessions; fields are added for each rank."""

    @property
    def ranks(self) -> Sequence[Field]:
        """Return the fields, in order of preference."""
        return [field for field in self if field.name.startswith(WISH)]

    def get_keys(self) -> list[str]:
        """Return the keys of the chosen sessions in order."""
        return [str(field.data) for field in self.ranks if field.data]


@bp.get("")
@cacheable
def index() -> ResponseReturnValue:
    ballots = queries.list_public()
    expires_at(*(ballot.closes_at for ballot in ballots))
    return render_page("registration/ballots/index.html", ballots=ballots, now=clock.now())


@bp.get("/<int(max=2147483647):number>")
@cacheable
def show(number: int) -> ResponseReturnValue:
    ballot = queries.get_public(number)
    expires_at(ballot.closes_at)
    return render_page(
        "registration/ballots/show.html",
        ballot=ballot,
        now=clock.now(),
        results=queries.list_results(ballot.document) if ballot.is_drawn else (),
        tickets=queries.count_tickets(ballot.document) if ballot.is_drawn else 0,
    )


@bp.get("/<int(max=2147483647):number>.json")
@cacheable
def document(number: int) -> ResponseReturnValue:
    """Serve the file with which anyone can repeat the draw."""
    ballot = queries.get_public(number)
    if not ballot.is_drawn:
        raise NotFound("This ballot has not been drawn yet")
    return download(ballot.document, "application/json", f"ballot-{number}.json")


@bp.get("/draw.py")
@cacheable
def program() -> ResponseReturnValue:
    """Serve the draw program, which can check a published file on its own."""
    return download(Path(draw.__file__).read_bytes(), "text/x-python", "draw.py")


@wishes_bp.route("/<secret>/ballots/<int(max=2147483647):number>", methods=["GET", "POST"])
@validates_own_csrf
def edit(secret: str, number: int) -> ResponseReturnValue:
    """Show a delegate's ranked wishes, or what they have won."""
    ballot = queries.get_public(number)
    if request.method == "GET":
        delegate = access.get_booking(secret)
        entry = queries.find_entry(number, delegate)
        return _render(delegate, secret, ballot, _build_form(delegate, ballot, entry), entry)
    # lock the ballot before the person's row, which opening a booking may lock
    delegate = bookings.get_booking(links.read_booking_key(secret))
    form = _build_form(delegate, ballot, None)
    if form.validate_on_submit():
        try:
            services.save_wishes(delegate, number, form.get_keys())
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            news = "saved" if form.get_keys() else "withdrawn"
            return redirect(url_for(".edit", secret=secret, number=number, news=news), 303)
    return _render(delegate, secret, ballot, form, queries.find_entry(number, delegate))


def _build_form(delegate: Delegate, ballot: PublicBallot, entry: BallotEntry | None) -> WishesForm:
    """Return the form with one list per rank, filled with the stored wishes."""
    sessions = [
        session
        for session in ballot.sessions
        if session.is_bookable and session_bookings.is_on_booked_days(delegate, session)
    ]
    count = min(MAX_WISHES, len(sessions))
    labels = {f"{WISH}{rank}": _l("Choice %(rank)s", rank=rank) for rank in range(1, count + 1)}
    fields = {name: SelectField(label, validate_choice=False) for name, label in labels.items()}
    wishes = queries.read_keys(entry.wishes) if entry else []
    form: WishesForm = type("RankedWishesForm", (WishesForm,), fields)(
        data={f"{WISH}{rank}": key for rank, key in enumerate(wishes, 1)}
    )
    for field in form.ranks:
        choices = [("", NOT_CHOSEN), *((session.key, _describe(session)) for session in sessions)]
        field.choices = choices  # type: ignore[attr-defined]  # of a list
    return form


def _describe(session: Session) -> str:
    """Describe a session by title and time, short enough for a list on a phone."""
    if not session.starts_at:
        return session.title
    return f"{session.title} ({short_date(session.starts_at)}, {local_time(session.starts_at)})"


def _render(
    delegate: Delegate,
    secret: str,
    ballot: PublicBallot,
    form: WishesForm,
    entry: BallotEntry | None,
) -> Response:
    won = queries.read_keys(entry.won) if entry else []
    return render_page(
        "registration/ballots/wishes.html",
        delegate=delegate,
        secret=secret,
        ballot=ballot,
        form=form,
        entry=entry,
        won=queries.list_sessions(won),
        wishes=queries.list_ranked(queries.read_keys(entry.wishes) if entry else []),
        is_open=ballot.is_open(clock.now()) and delegate.is_attending,
        news=NEWS.get(request.args.get("news", "")),
        breadcrumbs=[
            (gettext("Your booking"), url_for("bookings.show", secret=secret)),
            (gettext("Your sessions"), url_for("session_bookings.index", secret=secret)),
        ],
    )
