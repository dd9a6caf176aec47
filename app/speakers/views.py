"""The first pages of speakers: whom they have access to, the checklist, and shared sessions."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.accounts import guards
from app.content import markdown
from app.errors import NotFound, PermissionDenied
from app.forms.base import ConfirmForm
from app.programme.models import Session
from app.releases import current_release
from app.speakers import access, checklist, queries, session_owners
from app.text import strip_hidden
from app.web import flash
from app.web.rendering import render_page

HIDDEN_FIELDS = frozenset(
    {"csrf_token", "fingerprint", "expected_version", "button", "began", "place"}
)  # left out when typed text is given back

bp = Blueprint("speakers", __name__, url_prefix="/speak")

flash.MESSAGES["speakers"] |= {
    "as-it-was": _l("There were no changes to save."),
}


@bp.get("")
def home() -> ResponseReturnValue:
    person = access.get_signed_in_person()
    access_rows, owned_sessions = (
        queries.list_access_for_person(person),
        queries.list_owned_sessions(person),
    )
    if len(access_rows) == 1 and not owned_sessions:
        return redirect(url_for(".show_checklist", slug=access_rows[0].speaker.slug), 303)
    return render_page(
        "speakers/home.html",
        access_rows=access_rows,
        owned_texts=checklist.list_owned_with_states(owned_sessions),
        due_on=queries.get_deadlines().get(checklist.TEXTS),
    )


@bp.get("/<slug>")
def show_checklist(slug: str) -> ResponseReturnValue:
    keeping = access.get_access(slug)
    lines = checklist.build_checklist(keeping.speaker)
    return render_page(
        "speakers/checklist.html",
        access=keeping,
        speaker=keeping.speaker,
        lines=lines,
        open_items=checklist.split_open_items(keeping.speaker, lines),
        form=ConfirmForm(),
        keeps_others=len(queries.list_access_for_person(keeping.person)) > 1,
    )


@bp.errorhandler(NotFound)
def handle_not_found(reason: NotFound) -> ResponseReturnValue:
    return _render_error(404, reason)


@bp.errorhandler(PermissionDenied)
def handle_permission_denied(reason: PermissionDenied) -> ResponseReturnValue:
    return _render_error(403, reason)


bp.before_request(guards.require_speaker)
bp.context_processor(flash.flash_context)
bp.context_processor(guards.session_expiry_context)


def _render_error(status: int, reason: NotFound | PermissionDenied) -> ResponseReturnValue:
    """Show an error page that contains what was typed."""
    typed = [
        strip_hidden(value)
        for name, value in request.form.items(multi=True)
        if name not in HIDDEN_FIELDS and value.strip()
    ]
    return render_page("speakers/closed.html", status=status, reason=str(reason), typed=typed)


@dataclass(frozen=True)
class SharedSession:
    """A session as one of its speakers sees it."""

    session: Session
    role: str
    abstract: str  # safe HTML
    is_public: bool
    can_edit: bool


@bp.get("/<slug>/sessions")
def sessions(slug: str) -> ResponseReturnValue:
    """Show the speaker's sessions in the working programme, with everyone who appears in them."""
    speaker = access.get_own_speaker(slug)
    parts = queries.list_sessions_of(speaker)
    public_slugs = {one.slug for one in current_release.get_programme().sessions}
    editable_ids = session_owners.get_editable_ids(
        access.get_signed_in_person(), [part.session for part in parts]
    )
    shared = [
        SharedSession(
            session=part.session,
            role=part.role,
            abstract=markdown.sanitise(part.session.abstract),
            is_public=part.session.slug in public_slugs,
            can_edit=part.session.id in editable_ids,
        )
        for part in parts
    ]
    return render_page("speakers/sessions.html", speaker=speaker, shared=shared)
