"""Sessions of the working programme: list, details, form and bulk changes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import guards, roles
from app.admin.affected_people import find_affected, find_affected_by_several
from app.admin.proposals.presentation import STATE_LABELS
from app.admin.sessions import forms
from app.admin.sessions import listing as session_listing
from app.admin.sessions.forms import SessionForm
from app.admin.sessions.listing import BulkEditForm
from app.admin_kit import draft_forms
from app.admin_kit.bulk_actions import parse_versions
from app.admin_kit.draft_forms import deletes_draft
from app.admin_kit.edit_form import redirect_after_adding
from app.admin_kit.listing import MAX_SELECTED, get_selected, render_list
from app.content import markdown
from app.errors import RuleViolation, StaleEdit
from app.forms.form import ConfirmForm, validates_own_csrf
from app.history import queries as history
from app.programme import clashes, queries
from app.programme.clashes import Clash
from app.programme.editing import session_queries, sessions
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.models import CONFIRMED, Session
from app.proposals import queries as proposals
from app.registration.session_bookings import queries as session_bookings
from app.releases import current_release
from app.speakers import queries as speakers
from app.web import redirects
from app.web.formatting import conference_zone
from app.web.rendering import render_page


@dataclass(frozen=True)
class SessionDetail:
    """What the page of a session shows in addition to its fields."""

    abstract: str  # HTML
    description: str  # HTML
    links: Sequence[tuple[str, str]]
    others: Sequence[tuple[str, str]]  # labels and texts of fields that are not shown elsewhere
    clashes: Sequence[Clash]
    clash_slugs: Mapping[str, str]  # slugs of clashing sessions by their keys
    is_public: bool
    has_unpublished_changes: bool
    can_be_deleted: bool  # a session that was ever public is cancelled instead


def get_detail(session: Session) -> SessionDetail:
    """Return what the page of a session shows in addition to its fields."""
    is_public = queries.is_public(session)
    found = clashes.group_by_session(clashes.list_clashes()).get(session.key, ())
    return SessionDetail(
        abstract=markdown.sanitise(session.abstract),
        description=markdown.sanitise(session.description),
        links=[(address, label) for address, label in json.loads(session.links)],
        others=[
            (gettext(SESSION_FIELDS.label(name)), SESSION_FIELDS.display_value(name, value))
            for name in SessionForm.other_names
            if (value := SESSION_FIELDS.get_value(session, name))
        ],
        clashes=found,
        clash_slugs=session_queries.map_slugs(
            [clash.other_session for clash in found if clash.other_session]
        ),
        is_public=is_public,
        has_unpublished_changes=_has_unpublished_changes(session, is_public=is_public),
        can_be_deleted=not is_public and not queries.was_ever_public(session),
    )


def _has_unpublished_changes(session: Session, *, is_public: bool) -> bool:
    """Return True if publishing would change the session's public page."""
    if not is_public:
        return session.state == CONFIRMED
    last = current_release.get_programme().published_at
    changed = session.changed_at
    return last is not None and changed is not None and changed > last


bp = Blueprint("sessions", __name__, url_prefix="/sessions")

redirects.MESSAGES["admin"] |= {
    "session-added": _l("The session has been added. It will be public when you publish."),
    "draft-added": _l(
        "The session has been added as a draft. To make it public, confirm it and publish."
    ),
    "session-saved": _l("The session has been saved. Changes will be public when you publish."),
    "draft-saved": _l("The draft has been saved. To make it public, confirm it and publish."),
    "session-cancelled": _l(
        "The session has been cancelled. The public site changes when you publish."
    ),
    "session-back": _l("The session has been restored. The public site changes when you publish."),
    "session-deleted": _l("The session has been deleted. It had never been public."),
    "session-copied": _l("This is the copy. It is a draft without a time or room."),
    "sessions-changed": _l(
        "All selected sessions have been changed. Changes will be public when you publish."
    ),
}

MAX_SPEAKERS_FOUND = 12  # shown when searching for a name


@bp.get("")
def index() -> ResponseReturnValue:
    return _render_index()


@bp.route("/_several", methods=["GET", "POST"])
def bulk() -> ResponseReturnValue:
    """Ask what to change in the selected sessions; the questions and the preview have URLs."""
    return _render_bulk_edit() if request.method == "GET" else _store_selection()


def _store_selection() -> ResponseReturnValue:
    slugs = get_selected(session_listing.list_slugs)[:MAX_SELECTED]
    chosen = [session.slug for session in session_queries.list_by_slug(slugs)]
    if not chosen:
        return _render_index(gettext("Select at least one session"))
    preview = "1" if "check" in request.form or "state" in request.form else None
    return draft_forms.redirect_to_selection(chosen, url_for(".bulk", preview=preview))


def _render_bulk_edit() -> ResponseReturnValue:
    selection = draft_forms.find_selection()
    form = BulkEditForm(selection)
    form.set_choices(session_queries.list_filter_choices())
    chosen = session_queries.list_by_slug(selection.getlist("chosen"))
    if not chosen:
        return redirect(url_for(".index"))
    is_checked = draft_forms.PREVIEW in request.args
    values = form.values() if is_checked and form.is_complete else {}
    outlooks = session_listing.preview_bulk_edit(chosen, values) if values else []
    affected = [outlook.session for outlook in outlooks if outlook.is_possible]
    return render_page(
        "admin/sessions/bulk.html",
        form=form,
        chosen=chosen,
        outlooks=outlooks,
        affected=len(affected),
        people=find_affected_by_several(affected, conference_zone()) if affected else None,
        already=sum(not outlook.changes for outlook in outlooks),
        is_checked=is_checked,
        back=redirects.safe_path_or_blank(selection.get("back", "")) or url_for(".index"),
    )


@bp.post("/_several/change")
def bulk_edit() -> ResponseReturnValue:
    form = BulkEditForm()
    form.set_choices(session_queries.list_filter_choices())
    expected = parse_versions(request.form.getlist("expected_version"))
    if not form.validate() or not expected:
        raise RuleViolation("One of the options you chose has been deleted. Choose again")
    result = sessions.update_several(expected, form.values(), actor=guards.current_actor())
    draft_forms.delete_stored(url_for(".bulk"))
    back = redirects.safe_path_or_blank(request.form.get("back", "")) or url_for(".index")
    if not result.skipped:
        return redirects.redirect_to(back, "sessions-changed")
    return render_page("admin/sessions/skipped.html", result=result, back=back)


@bp.route("/_add", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def add() -> ResponseReturnValue:
    form = SessionForm(
        data=forms.initial_data_for_new(request.args), **draft_forms.get_form_arguments()
    )
    _set_choices(form)
    if form.apply_button(draft_forms.get_pressed_button()):
        return draft_forms.redirect_to_preview(form) or _render_form(form)
    if form.validate_on_submit():
        try:
            session = sessions.add(form.values(), actor=guards.current_actor())
        except RuleViolation as refusal:
            return _render_form(form.with_error(refusal))
        return redirect_after_adding(
            redirects.requested_next() or _url(session),
            "draft-added" if session.is_draft else "session-added",
        )
    return _render_form(form)


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    session = session_queries.get_session(slug)
    return render_page(
        "admin/sessions/show.html",
        facts=get_detail(session),
        session=session,
        entries=history.list_newest(SESSION_FIELDS.history_subject(session)),
        sent=proposals.list_about(session),
        state_names=STATE_LABELS,
        requests=speakers.get_requests_by_session([slug]).get(slug, ()),
        people=find_affected(session, conference_zone()) if redirects.has_flash() else None,
        form=ConfirmForm(),
        seats=session_bookings.find_seats(session.key),
        may_see_seats=guards.can_read(roles.DELEGATES),
    )


@bp.route("/<slug>/change", methods=["GET", "POST"])
@validates_own_csrf
@deletes_draft
def edit(slug: str) -> ResponseReturnValue:
    session = session_queries.get_session(slug)
    saved = forms.initial_data(session, conference_zone())
    form = SessionForm(data=saved, **draft_forms.get_form_arguments())
    _set_choices(form, session)
    if form.apply_button(draft_forms.get_pressed_button()):
        return draft_forms.redirect_to_preview(form) or _render_form(form, session)
    if form.validate_on_submit():
        try:
            changes = sessions.save(
                session,
                form.values(),
                expected_version=form.expected_version.data,
                actor=guards.current_actor(),
            )
        except StaleEdit as stale:
            return _render_form(form.rebase_on(stale), session, stale)
        except RuleViolation as refusal:
            return _render_form(form.with_error(refusal), session)
        return redirects.redirect_to(
            _url(session), _saved_message_key(session) if changes else "as-it-was"
        )
    return _render_form(form, session)


@bp.route("/<slug>/cancel", methods=["GET", "POST"])
def cancel(slug: str) -> ResponseReturnValue:
    session = session_queries.get_session(slug)
    if request.method == "POST":
        sessions.cancel(session, actor=guards.current_actor())
        return redirects.redirect_to(_url(session), "session-cancelled")
    return _render_confirm("cancel", session)


@bp.post("/<slug>/bring-back")
def reinstate(slug: str) -> ResponseReturnValue:
    session = session_queries.get_session(slug)
    sessions.reinstate(session, actor=guards.current_actor())
    return redirects.redirect_to(_url(session), "session-back")


@bp.route("/<slug>/delete", methods=["GET", "POST"])
def delete(slug: str) -> ResponseReturnValue:
    session = session_queries.get_session(slug)
    if request.method == "POST":
        if sessions.delete(session, actor=guards.current_actor()):
            return redirects.redirect_to(url_for(".index"), "session-deleted")
        return redirects.redirect_to(_url(session), "session-cancelled")
    return _render_confirm("delete", session)


@bp.post("/<slug>/copy")
def duplicate(slug: str) -> ResponseReturnValue:
    session = session_queries.get_session(slug)
    return redirects.redirect_to(
        _url(sessions.duplicate(session, actor=guards.current_actor())), "session-copied"
    )


def _set_choices(form: SessionForm, session: Session | None = None) -> None:
    choices = session_queries.list_filter_choices()
    form.kind_choices = session_listing.kind_choices(choices)
    form.set_choices(choices, session_listing.list_days(), session)


def _render_form(
    form: SessionForm, session: Session | None = None, stale: StaleEdit | None = None
) -> ResponseReturnValue:
    """Render the form; with both versions if another user has saved in the meantime."""
    form.appearances.set_choices()
    found = session_queries.search_speakers(form.find.data or "", MAX_SPEAKERS_FOUND + 1)
    return render_page(
        "admin/sessions/form.html",
        status=409 if stale else None,
        form=form,
        session=session,
        stale=stale,
        speakers=session_queries.map_speakers(form.appearances.speaker_keys),
        found=found[:MAX_SPEAKERS_FOUND],
        has_more=len(found) > MAX_SPEAKERS_FOUND,
        abstract=markdown.sanitise(form.abstract.data or ""),
        description=markdown.sanitise(form.description.data or ""),
        back=_url(session) if session else redirects.requested_next() or url_for(".index"),
        breadcrumbs=[(session.title, _url(session))] if session else [],
    )


def _render_confirm(template_name: str, session: Session) -> ResponseReturnValue:
    return render_page(
        f"admin/sessions/{template_name}.html",
        session=session,
        is_known=queries.was_ever_public(session),
        people=find_affected(session, conference_zone()),
        form=ConfirmForm(),
        breadcrumbs=[(session.title, _url(session))],
    )


def _render_index(error: str = "") -> ResponseReturnValue:
    listing = session_listing.get_listing()
    return render_list(
        "admin/sessions/index.html",
        listing,
        error,
        requests=speakers.get_requests_by_session([row.session.slug for row in listing.rows]),
        address=url_for(".index"),
        may_see_seats=guards.can_read(roles.DELEGATES),
    )


def _saved_message_key(session: Session) -> str:
    return "draft-saved" if session.is_draft else "session-saved"


def _url(session: Session) -> str:
    return url_for(".show", slug=session.slug)
