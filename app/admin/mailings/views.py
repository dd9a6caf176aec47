"""Group emails: the list, a new one, its recipients and its text."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import saved_views as stored_views
from app.accounts.guards import current_actor, require_login_session
from app.admin.mailings.audience_parts import list_filters, to_args
from app.admin.mailings.forms import AudienceForm, TextForm, build_filter_form, has_many_options
from app.admin_emails import readable_emails
from app.admin_kit import option_search, saved_views
from app.admin_kit.listing import PAGE_SIZE, ListFilter, Listing, parse_list_query, render_list
from app.errors import PermissionDenied, RuleViolation, StaleEdit
from app.forms.form import ConfirmForm, validates_own_csrf
from app.history import queries as history
from app.mailings import (
    audiences,
    message,
    queries,
    recipient_queries,
    recipients,
    services,
)
from app.mailings.models import DONE, DRAFT, FAILED, SCHEDULED, SENDING, STOPPED, Mailing
from app.mailings.recipient_selection import Selection
from app.mailings.services import Draft
from app.web import languages, redirects
from app.web.rendering import render_page

bp = Blueprint("mailings", __name__, url_prefix="/mailings")

redirects.MESSAGES["admin"] |= {
    "mailing-saved": _l("The email has been saved. Nothing has been sent yet."),
    "mailing-people": _l("The recipients have been saved."),
}

STATE_LABELS = {
    DRAFT: _l("Draft"),
    SCHEDULED: _l("Scheduled"),
    SENDING: _l("Being sent"),
    DONE: _l("Sent"),
    STOPPED: _l("Stopped"),
    FAILED: _l("Failed"),
}
STATE_FILTER = ListFilter("state", _l("State"), tuple(STATE_LABELS.items()))
UPDATE_SECONDS = 10  # after which the progress page reloads, if the user wants that
VIEW_PREFIX = "view-"  # prefix of the values of saved views


@bp.before_request
def check_filters() -> None:
    """Refuse access to an email whose filters the current user may not use."""
    mailing = queries.find_mailing((request.view_args or {}).get("number", 0))
    if mailing is not None:
        g.mailing = mailing  # SQLAlchemy's session keeps only weak references; the view needs it
        if not readable_emails.can_use_filters(mailing.audience, mailing.query):
            raise PermissionDenied("Your role does not give you access to this page")


@bp.get("")
def index() -> ResponseReturnValue:
    list_query = parse_list_query((STATE_FILTER,), ("changed",), has_search=False)
    chosen = list_query.get_filter("state")
    states = [chosen] if chosen else []
    hidden = readable_emails.list_hidden_mailings()
    rows = queries.list_mailings(states, hidden=hidden, offset=list_query.offset, limit=PAGE_SIZE)
    total = queries.count_mailings(states, hidden=hidden)
    return render_list(
        "admin/mailings/index.html",
        Listing(rows, total, list_query, (STATE_FILTER,)),
        states=STATE_LABELS,
        audience_name=get_audience_name,
    )


def get_audience_name(mailing: Mailing) -> str:
    """Return the name of a mailing's audience."""
    audience = audiences.AUDIENCES.get(mailing.audience)
    return str(audience.label) if audience else mailing.audience


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    """Choose the recipients; the button of a list preselects what the list shows."""
    form = AudienceForm()
    form.offer(_list_choices())
    if form.validate_on_submit():
        try:
            mailing = _create(str(form.people.data))
        except RuleViolation as refusal:
            form.add_error(form.people, refusal)
        else:
            return redirect(url_for(".edit", number=mailing.id), 303)
    return render_page("admin/mailings/add.html", form=form)


def _list_choices() -> list[tuple[str, Any]]:
    """Return the choices: each audience, and the saved views of its list."""
    person = require_login_session().person
    choices: list[tuple[str, Any]] = []
    for audience in audiences.AUDIENCES.values():
        if not audience.is_chosen:
            continue
        choices.append((audience.name, gettext("%(people)s: all", people=audience.label)))
        for view in stored_views.list_views(person, audience.list_name):
            label = gettext(
                "%(people)s: saved view “%(view)s”", people=audience.label, view=view.name
            )
            choices.append((f"{VIEW_PREFIX}{view.id}", label))
    return choices


def _create(chosen: str) -> Mailing:
    """Create a draft for an audience with the filters in the URL, or for a saved view."""
    if chosen.startswith(VIEW_PREFIX):
        number = int(chosen.removeprefix(VIEW_PREFIX))
        view = stored_views.get_view(number, require_login_session().person)
        saved_views.resolve(view)
        name, args = view.list_name, to_args(view.query)
    else:
        name, args = chosen, dict(request.args)
    kind = saved_views.get_kind(audiences.get_audience(name).list_name)
    query = kind.to_query(kind.parse(args).query, "")
    return services.create(name, query, actor=current_actor())


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    mailing = queries.get_mailing(number)
    is_draft = mailing.is_draft or not queries.has_recipients(mailing)
    report = None if is_draft else queries.get_report(mailing)
    audience = audiences.get_audience(mailing.audience)
    is_moving = report is not None and report.is_moving and not mailing.is_scheduled
    is_updating = is_moving and request.args.get("update") == "auto"
    response = render_page(
        "admin/mailings/show.html",
        mailing=mailing,
        state=STATE_LABELS[mailing.state],
        audience=get_audience_name(mailing),
        selection=_find_selection(mailing) if is_draft else None,
        filters=list_filters(audience.list_name, mailing.query),
        is_chosen=audience.is_chosen,
        report=report,
        reasons=() if is_draft else queries.list_reasons(mailing),
        describe_reason=recipients.describe_reason,
        entries=history.list_newest(mailing.history_subject),
        form=ConfirmForm(),
        text_counts=_count_texts(mailing),
        language_name=languages.describe,
        is_updating=is_updating,
        update_seconds=UPDATE_SECONDS,
    )
    if is_updating:  # by a header, which needs no script; the page has a link to stop
        response.headers["Refresh"] = str(UPDATE_SECONDS)
    return response


def _count_texts(mailing: Mailing) -> Mapping[str, int]:
    """Count the recipients of the text in each language, if there are several; "" for others."""
    if len(mailing.texts) == 1:
        return {}
    if queries.has_recipients(mailing):
        found = queries.count_by_language(mailing)
    else:
        chosen = _find_selection(mailing)
        found = recipient_queries.count_by_language(chosen) if chosen else {}
    counts = dict.fromkeys(mailing.texts, 0)
    for language, number in found.items():
        counts[message.find_language(mailing, language)] += number
    return counts


def _find_selection(mailing: Mailing) -> Selection | None:
    """Return the recipients of a mailing; None if its filters no longer exist, as the page says."""
    with suppress(RuleViolation):
        return queries.select_people(mailing)
    return None


@bp.route("/<int:number>/text", methods=["GET", "POST"])
@validates_own_csrf
def edit(number: int) -> ResponseReturnValue:
    mailing, form, language = queries.get_mailing(number), TextForm(), _find_language()
    audience, stale = audiences.get_audience(mailing.audience), None
    if form.validate_on_submit() and form.check_placeholders(audience):
        try:
            _save(mailing, form.draft, form, language)
        except StaleEdit as error:
            form, stale = form.rebase_on(error), error
        else:
            return redirects.redirect_to(url_for(".show", number=number), "mailing-saved")
    elif not form.is_submitted():
        form.set_initial_data(mailing, language)
    return render_page(
        "admin/mailings/edit.html",
        409 if stale else None,
        form=form,
        stale=stale,
        mailing=mailing,
        audience=audience,
        text_language=language,
        languages=[languages.describe(code) for code in languages.list_other_codes()],
        back=url_for(".show", number=number),
        breadcrumbs=breadcrumbs(mailing),
    )


@bp.post("/<int:number>/text/remove")
def remove_text(number: int) -> ResponseReturnValue:
    """Delete the text in a language, so that its readers get the default text."""
    mailing, form = queries.get_mailing(number), TextForm()
    _save(mailing, Draft("", ""), form, _find_language())
    return redirects.redirect_to(url_for(".show", number=number), "mailing-saved")


def _find_language() -> str:
    code = request.args.get("language", "")
    return code if code in languages.list_other_codes() else ""


def _save(mailing: Mailing, draft: Draft, form: TextForm, language: str) -> None:
    services.save(
        mailing,
        draft,
        language=language,
        expected_version=form.expected_version.data,
        actor=current_actor(),
    )


def breadcrumbs(mailing: Mailing) -> list[tuple[str, str]]:
    """Return the breadcrumbs of pages of a mailing."""
    return [(title_of(mailing), url_for("admin.mailings.show", number=mailing.id))]


def title_of(mailing: Mailing) -> str:
    """Return the subject of a mailing, or a placeholder title."""
    return mailing.subject or gettext("Email without a subject")


@bp.route("/<int:number>/people", methods=["GET", "POST"])
@validates_own_csrf
def people(number: int) -> ResponseReturnValue:
    """Show the recipients of a draft, and exclude those whose boxes are cleared."""
    mailing, form = queries.get_mailing(number), ConfirmForm()
    if form.validate_on_submit():
        listed, ticked = request.form.getlist("listed"), request.form.getlist("chosen")
        services.deselect(mailing, listed, ticked)
        back_url = redirects.safe_path_or_blank(request.form.get("back", ""))
        return redirects.redirect_to(
            back_url or url_for(".people", number=number), "mailing-people"
        )
    chosen, list_query = queries.select_people(mailing), parse_list_query((), ("name",))
    rows = recipient_queries.list_page(
        chosen, list_query.search, offset=list_query.offset, limit=PAGE_SIZE
    )
    total = recipient_queries.count_found(chosen, list_query.search)
    return render_page(
        "admin/mailings/people.html",
        form=form,
        mailing=mailing,
        selection=chosen,
        listing=Listing(rows, total, list_query, endpoint=".people"),
        deselected=recipients.DESELECTED,
        describe_reason=recipients.describe_reason,
        breadcrumbs=breadcrumbs(mailing),
    )


@bp.route("/<int:number>/filters", methods=["GET", "POST"])
@validates_own_csrf
def edit_filters(number: int) -> ResponseReturnValue:
    """Change the filters of the same list."""
    mailing = queries.get_mailing(number)
    kind = saved_views.get_kind(audiences.get_audience(mailing.audience).list_name)
    listing = kind.parse(to_args(mailing.query))
    words, query = option_search.get_words(), listing.query
    if request.method == "POST":  # so that the selected values stay among the options
        query = kind.parse(request.form).query
    form = build_filter_form(listing.filters, query, words)
    if not option_search.is_searching() and form.validate_on_submit():
        services.choose_people(mailing, kind.to_query(query, ""), actor=current_actor())
        return redirects.redirect_to(url_for(".show", number=number), "mailing-people")
    return render_page(
        "admin/mailings/filters.html",
        form=form,
        fields=[form[name] for name in ("q", *(one.name for one in listing.filters))],
        text_filters=[one for one in listing.filters if one.is_text],
        searched=[str(one.label) for one in listing.filters if has_many_options(one)],
        words=words,
        back=url_for(".show", number=number),
        breadcrumbs=breadcrumbs(mailing),
    )
