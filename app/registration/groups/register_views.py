"""Registering a group: the contact, shared answers, people, the check, and submitting."""

import hashlib
from dataclasses import replace
from typing import Any, cast

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.delegates import standard_forms
from app.errors import RateLimitExceeded, RuleViolation
from app.forms.form import ConfirmForm, Form, validates_own_csrf
from app.registration import queries
from app.registration.groups import cookie, presentation, register_group
from app.registration.groups import draft as drafts
from app.registration.groups import queries as groups
from app.registration.groups.cookie import GroupProgress
from app.registration.groups.draft import MAX_PEOPLE, GroupDraft
from app.registration.groups.forms import CheckGroupForm, ContactForm, SharedForm, build_person_form
from app.request_transaction import read_first, start_writing
from app.web import languages
from app.web.error_handlers import refuse
from app.web.rendering import render_page
from app.web.security_headers import no_referrer

TWICE = "This person is already in the list"
FULL = "A group can have up to 30 people"

bp = Blueprint("groups", __name__, url_prefix="/group")
no_referrer(bp)
read_first(bp, {"confirm"})


@bp.get("")
def start() -> ResponseReturnValue:
    progress = cookie.current_progress()
    response = render_page(
        "registration/groups/start.html",
        registration_status=queries.get_registration_status(),
        has_begun=progress.stored is not None and not progress.draft.registered,
        next_url=_next_url(progress.draft),
        form=ConfirmForm() if progress.stored else None,
        max_people=MAX_PEOPLE,
    )
    return cookie.GROUP.delete(response) if progress.is_expired else response


@bp.post("/again")
def restart() -> ResponseReturnValue:
    progress = cookie.current_progress()
    presentation.delete_draft(progress)
    return cookie.GROUP.delete(_redirect(url_for(".contact")))


@bp.route("/contact", methods=["GET", "POST"])
@validates_own_csrf
def contact() -> ResponseReturnValue:
    progress = cookie.current_progress()
    redirection = _redirect_unless_open(progress, needs_contact=False)
    if redirection is not None:
        return redirection
    form = ContactForm(data=progress.draft.contact)
    standard_forms.adapt_for_group(form)
    if form.validate_on_submit():
        return _save(progress, replace(progress.draft, contact=form.get_answers()), form, "contact")
    return _render("contact", form, back=url_for(".start"))


@bp.route("/answers", methods=["GET", "POST"])
@validates_own_csrf
def shared() -> ResponseReturnValue:
    progress = cookie.current_progress()
    redirection = _redirect_unless_open(progress)
    if redirection is not None:
        return redirection
    form = SharedForm(data=progress.draft.shared)
    form.set_choices()
    if form.validate_on_submit():
        return _save(
            progress, presentation.share(progress.draft, form.get_answers()), form, "shared"
        )
    return _render("shared", form, back=url_for(".contact"))


@bp.get("/people")
def people() -> ResponseReturnValue:
    progress = cookie.current_progress()
    redirection = _redirect_unless_open(progress)
    if redirection is not None:
        return redirection
    rows = presentation.list_people(progress.draft)
    return render_page(
        "registration/groups/people.html",
        draft=progress.draft,
        rows=rows,
        can_continue=bool(rows) and not any(row.fault for row in rows),
        max_people=MAX_PEOPLE,
        form=ConfirmForm(),
    )


@bp.route("/people/add", methods=["GET", "POST"])
@validates_own_csrf
def add() -> ResponseReturnValue:
    return _edit_person(None)


@bp.route("/people/<int:number>", methods=["GET", "POST"])
@validates_own_csrf
def change(number: int) -> ResponseReturnValue:
    return _edit_person(number)


def _edit_person(number: int | None) -> ResponseReturnValue:
    """Ask for a new person, or for the one with a number."""
    progress = cookie.current_progress()
    draft = progress.draft
    redirection = _redirect_unless_open(progress)
    if redirection is not None:
        return redirection
    if number is not None and not 0 < number <= len(draft.people):
        return _redirect(url_for(".people"))
    form = build_person_form(draft.shared, draft.people[number - 1] if number else None)
    if form.validate_on_submit():
        person = form.get_answers()
        if draft.has_person(person, number):
            form.given_names.errors = [gettext(TWICE)]
        elif number is None and draft.is_full:
            form.form_errors.append(gettext(FULL))
        else:
            return _save(progress, draft.with_person(person, number), form, "person")
    return _render("person", form, back=url_for(".people"), number=number)


@bp.post("/people/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    progress = cookie.current_progress()
    redirection = _redirect_unless_open(progress)
    if redirection is not None:
        return redirection
    cookie.save(progress, progress.draft.without_person(number))
    return _redirect(url_for(".people"))


@bp.get("/check")
def check() -> ResponseReturnValue:
    progress = cookie.current_progress()
    redirection = _redirect_unless_open(progress) or _redirect_unless_complete(progress.draft)
    if redirection is not None:
        return redirection
    form = CheckGroupForm(formdata=None)
    return _render_check(form, progress.draft)


@bp.post("/confirm")
@validates_own_csrf
def confirm() -> ResponseReturnValue:
    form, progress = CheckGroupForm(), cookie.current_progress(for_update=False)
    redirection = _redirect_unless_open(progress) or _redirect_unless_complete(progress.draft)
    if redirection is not None:
        return redirection
    if not form.validate():
        return _render_check(form, progress.draft)
    if form.displayed.data != _fingerprint(progress.draft):
        form.form_errors.append(
            gettext("The list changed in another window. Check it, then confirm")
        )
        return _render_check(form, progress.draft)
    prepared = register_group.prepare(progress.draft, languages.current().code)
    start_writing()
    return _register(form, progress, prepared)


def _register(
    form: CheckGroupForm, progress: GroupProgress, prepared: register_group.PreparedGroup
) -> Response:
    """Register the group as displayed, unless that has just been done."""
    locked = cookie.current_progress()
    if locked.draft.registered or locked.draft != progress.draft:
        return _redirect(url_for(".done" if locked.draft.registered else ".check"))
    try:
        register_group.hit_limits(locked.draft, request.remote_addr)
        group = register_group.register(
            prepared,
            is_all_or_none=form.is_all_or_none,
            joins_list=bool(form.joins_list.data),
            stays_together=bool(form.stays_together.data),
        )
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(_render_check(form, progress.draft), refusal)
    except RuleViolation as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _render_check(form, progress.draft, 409)
    cookie.save(locked, GroupDraft(registered=group.id))
    return _redirect(url_for(".done"))


@bp.get("/done")
def done() -> ResponseReturnValue:
    progress = cookie.current_progress()
    group = groups.find_by_number(progress.draft.registered)
    if group is None:
        return _redirect(url_for(".start"))
    return render_page(
        "registration/groups/done.html",
        group=group,
        rows=presentation.list_members(group),
        form=ConfirmForm(),
    )


def _redirect_unless_open(
    progress: GroupProgress, *, needs_contact: bool = True
) -> Response | None:
    """Redirect visitors who have registered the group, cannot register, or have not started."""
    if progress.draft.registered:
        return _redirect(url_for(".done"))
    status = queries.get_registration_status()
    if not status.takes_answers:
        return render_page(
            "registration/closed.html",
            409,
            registration_status=status,
            has_begun=progress.stored is not None,
        )
    if progress.is_expired and (needs_contact or request.method == "POST"):
        return cookie.GROUP.delete(render_page("registration/groups/expired.html", 410))
    if needs_contact and not progress.draft.contact:
        return _redirect(url_for(".contact"))
    is_past_shared = request.endpoint != "registration.groups.shared"
    if needs_contact and is_past_shared and not progress.draft.shared:
        return _redirect(url_for(".shared"))
    return None


def _redirect_unless_complete(draft: GroupDraft) -> Response | None:
    """Redirect to the list of people if it is empty, or something is missing."""
    if draft.people and not register_group.list_faults(draft):
        return None
    return _redirect(url_for(".people"))


def _next_url(draft: GroupDraft) -> str:
    if not draft.contact:
        return url_for(".contact")
    return url_for(".people") if draft.shared else url_for(".shared")


def _save(progress: GroupProgress, draft: GroupDraft, form: Form, page: str) -> Response:
    """Store the group and continue; or say that the network has started too many."""
    try:
        secret = cookie.save(progress, draft)
    except RateLimitExceeded as refusal:
        form.reject(refusal)
        return refuse(_render(page, form, back=url_for(".start")), refusal)
    return cookie.GROUP.set(_redirect(_next_url(draft)), secret)


def _render(page: str, form: Form, **context: Any) -> Response:
    return render_page(f"registration/groups/{page}.html", form=form, **context)


def _render_check(form: CheckGroupForm, draft: GroupDraft, status: int | None = None) -> Response:
    form.displayed.data = _fingerprint(draft)
    return render_page(
        "registration/groups/check.html",
        status,
        form=form,
        draft=draft,
        rows=presentation.list_people(draft),
        contact_rows=presentation.list_contact(draft),
        has_waiting_list=queries.read_seat_counts().has_waiting_list,
        has_unanswered=presentation.has_unanswered(draft),
    )


def _fingerprint(draft: GroupDraft) -> str:
    """Return a fingerprint of the people and their answers."""
    return hashlib.sha256(drafts.dump(draft)[drafts.GROUP].encode()).hexdigest()


def _redirect(url: str) -> Response:
    return cast(Response, redirect(url, 303))
