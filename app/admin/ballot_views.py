"""Ballots: the list, opening one, changing it until it closes, its state and its result."""

from typing import Self

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from app import clock
from app.accounts.guards import current_actor
from app.admin_kit import option_search
from app.admin_kit.edit_form import CheckboxesField, EditForm
from app.admin_kit.listing import paginate, parse_list_query, render_list
from app.admin_kit.option_search import MAX_LISTED
from app.errors import RuleViolation, StaleEdit
from app.forms.fields import editor_name_field
from app.forms.form import ConfirmForm, validates_own_csrf
from app.forms.moment_fields import moment_field
from app.history import queries as history
from app.programme.collation import sort_key
from app.programme.snapshot import Session
from app.registration.ballots import queries, services
from app.registration.ballots.models import Ballot
from app.registration.ballots.services import BallotDetails
from app.releases.current_release import get_programme
from app.web import redirects
from app.web.formatting import local_moment
from app.web.rendering import render_page

SORTS = ("newest",)

redirects.MESSAGES["admin"] |= {
    "ballot-added": _l("The ballot is open. Delegates can rank its sessions now."),
    "ballot-saved": _l("The ballot has been saved. Delegates see the changes now."),
    "ballot-deleted": _l("The ballot has been deleted. Its sessions can be booked now."),
}


class BallotForm(EditForm):
    """Open or change a ballot."""

    title = editor_name_field(_l("Title"), _l("The title"), _l("Enter a title, such as Workshops"))
    closes_at = moment_field(
        _l("Closes"),
        _l("Enter when the ballot closes"),
        description=_l("Delegates can change their choices until then. Then the seats are drawn"),
    )
    sessions = CheckboxesField(
        _l("Sessions"),
        [DataRequired(_l("Choose at least one session"))],
        validate_choice=False,
        description=_l("Public sessions in which people book seats"),
    )

    def set_choices(self, ballot: Ballot | None, words: str) -> bool:
        """Offer the selected sessions, and matching public ones that are in no other ballot.

        Return True if there are more.
        """
        others = {
            key
            for one in queries.list_public()
            if not one.is_drawn and (ballot is None or one.id != ballot.id)
            for key in one.session_keys
        }
        free = [session for session in get_programme().sessions if session.is_bookable]
        free = [one for one in free if one.key not in others]
        search_words, chosen = sort_key(words).split(), set(self.sessions.data or ())
        found = [
            one.key
            for one in free
            if one.key not in chosen and all(word in sort_key(one.title) for word in search_words)
        ]
        listed_keys = chosen.union(found[:MAX_LISTED])
        self.sessions.choices = [
            (one.key, _describe(one)) for one in free if one.key in listed_keys
        ]
        return len(found) > MAX_LISTED

    def set_initial_data(self, ballot: Ballot) -> None:
        """Fill the form with the saved values."""
        self.title.data = ballot.title
        self.closes_at.show(ballot.closes_at)
        self.sessions.data = ballot.session_keys
        self.expected_version.data = ballot.version

    def get_details(self) -> BallotDetails:
        """Return the submitted values."""
        closes_at = self.closes_at.utc_value or clock.now()
        return BallotDetails(str(self.title.data), closes_at, frozenset(self.sessions.data or ()))

    def with_error(self, refusal: RuleViolation) -> Self:
        """Show an error from saving beside the sessions field."""
        self.add_error(self.sessions, refusal)
        return self


def _describe(session: Session) -> str:
    when = session.starts_at
    return f"{session.title} ({local_moment(when)})" if when else session.title


bp = Blueprint("ballots", __name__, url_prefix="/ballots")


@bp.get("")
def index() -> ResponseReturnValue:
    listing = paginate(queries.list_all(), parse_list_query((), SORTS, has_search=False))
    counts = queries.count_entries()
    return render_list("admin/ballots/index.html", listing, counts=counts, now=clock.now())


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    form = BallotForm()
    if not option_search.is_searching() and form.validate_on_submit():
        try:
            ballot = services.create(form.get_details(), actor=current_actor())
        except RuleViolation as refusal:
            return _render_form(form.with_error(refusal))
        return redirects.redirect_to(_url(ballot), "ballot-added")
    return _render_form(form)


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    ballot = queries.get_ballot(number)
    return render_page(
        "admin/ballots/show.html",
        ballot=ballot,
        now=clock.now(),
        sessions=queries.list_sessions(ballot.session_keys),
        people=queries.count_entries().get(number, 0),
        results=queries.list_results(ballot.document) if ballot.is_drawn else (),
        entries=history.list_newest(ballot.history_subject),
    )


@bp.route("/<int:number>/change", methods=["GET", "POST"])
@validates_own_csrf
def edit(number: int) -> ResponseReturnValue:
    ballot = queries.get_ballot(number)
    form = BallotForm()
    if not form.is_submitted():
        form.set_initial_data(ballot)
    if option_search.is_searching() or not form.validate_on_submit():
        return _render_form(form, ballot)
    details, version = form.get_details(), form.expected_version.data
    try:
        is_new = services.save(ballot, details, expected_version=version, actor=current_actor())
    except StaleEdit as stale:
        form.form_errors.append(gettext(str(stale)))
        return _render_form(form.rebase_on(stale), ballot)
    except RuleViolation as refusal:
        return _render_form(form.with_error(refusal), ballot)
    return redirects.redirect_to(_url(ballot), "ballot-saved" if is_new else "as-it-was")


@bp.route("/<int:number>/delete", methods=["GET", "POST"])
@validates_own_csrf
def delete(number: int) -> ResponseReturnValue:
    ballot = queries.get_ballot(number)
    form = ConfirmForm()
    if form.validate_on_submit():
        services.cancel(ballot, actor=current_actor())
        return redirects.redirect_to(url_for(".index"), "ballot-deleted")
    return render_page(
        "admin/ballots/delete.html",
        form=form,
        ballot=ballot,
        people=queries.count_entries().get(number, 0),
        breadcrumbs=[(ballot.title, _url(ballot))],
    )


def _url(ballot: Ballot) -> str:
    return url_for(".show", number=ballot.id)


def _render_form(form: BallotForm, ballot: Ballot | None = None) -> Response:
    words = option_search.get_words()
    has_more = form.set_choices(ballot, words)
    return render_page(
        "admin/ballots/form.html",
        form=form,
        ballot=ballot,
        words=words,
        has_more=has_more,
        back=_url(ballot) if ballot else url_for(".index"),
        breadcrumbs=[(ballot.title, _url(ballot))] if ballot else None,
    )
