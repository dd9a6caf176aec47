"""The title, the abstract and the keywords of a session, edited by its owner."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.errors import NotFound
from app.forms.form import ConfirmForm, validates_own_csrf
from app.programme import time_zones
from app.programme.editing import session_queries
from app.programme.models import Session
from app.proposals import preview, services
from app.proposals.queries import SESSION_FIELD_NAMES
from app.releases import json_ld
from app.speakers import access, session_owners
from app.speakers.texts import edit_flow
from app.speakers.texts.edit_flow import EditForm, FormState
from app.speakers.texts.forms import TextForm
from app.web import redirects
from app.web.formatting import local_moment
from app.web.rendering import render_page

NOT_YOURS = "You cannot change a session at that web address"

bp = Blueprint("session_text", __name__, url_prefix="/sessions/<slug>/text")


class _SessionTextFlow:
    form = TextForm

    def __init__(self, session: Session) -> None:
        self.subject = session

    def render_form(self, state: FormState) -> ResponseReturnValue:
        now, began = _when_and_where(self.subject), request.form.get("place", "")
        return render_page(
            "speakers/texts/session.html",
            state.status,
            form_state=state,
            form=state.form,
            session=self.subject,
            place=now,
            moved_from=began if began not in {"", now} else "",
            breadcrumbs=[(gettext("Choose a speaker"), url_for("speakers.home"))],
        )

    def render_preview(self, form: EditForm) -> ResponseReturnValue:
        found, around = preview.preview_session(self.subject, form.typed_values)
        now, began = _when_and_where(self.subject), request.form.get("place", "")
        return render_page(
            "speakers/texts/preview_session.html",
            **json_ld.build_session_context(
                preview.among_public_sessions(found, around),
                found,
                time_zones.conference_zone_only(around.conference),
            ),
            typed_pairs=edit_flow.get_typed_pairs(),
            place=now,
            moved_from=began if began not in {"", now} else "",
            form=ConfirmForm(formdata=None),
            breadcrumbs=[(gettext("Choose a speaker"), url_for("speakers.home"))],
        )

    def redirect_with_flash(self, flash_name: str) -> ResponseReturnValue:
        return _redirect_with_flash(self.subject, flash_name)


@bp.route("", methods=["GET", "POST"])
@validates_own_csrf
def edit(slug: str) -> ResponseReturnValue:
    """Edit, preview and submit the text."""
    return edit_flow.run(_SessionTextFlow(_get_editable_session(slug)))


@bp.post("/take-back")
def withdraw(slug: str) -> ResponseReturnValue:
    """Withdraw the proposed text."""
    session = _get_editable_session(slug)
    was_pending = services.withdraw(
        session,
        SESSION_FIELD_NAMES,
        expected_revision=request.form.get("revision", ""),
        actor=access.current_actor(),
    )
    return _redirect_with_flash(session, "taken-back" if was_pending else "as-it-was")


def _get_editable_session(slug: str) -> Session:
    """Return a session whose text the signed-in person may edit; raise NotFound otherwise."""
    try:
        session = session_queries.get_session(slug)
    except NotFound:  # so that drafts are not revealed
        raise NotFound(NOT_YOURS) from None
    if not session_owners.can_edit(access.get_signed_in_person(), session):
        raise NotFound(NOT_YOURS)
    return session


def _redirect_with_flash(session: Session, flash_name: str) -> ResponseReturnValue:
    """Redirect to the page that shows the state of the text."""
    return redirects.redirect_to(url_for(".edit", slug=session.slug), flash_name)


def _when_and_where(session: Session) -> str:
    """Return time and room as text, and whether the session is cancelled."""
    when = local_moment(session.starts_at) if session.starts_at else gettext("No time yet")
    where = session.room.name if session.room else gettext("No room yet")
    parts = [when, where, *([gettext("Cancelled")] if session.cancelled_at else [])]
    return ", ".join(map(str, parts))
