"""Notes about a delegate, and tags: added and removed on the delegate's page."""

from collections.abc import Callable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts.guards import current_actor
from app.admin.delegates.edit_views import redirect_to
from app.admin.delegates.forms import NoteForm
from app.admin.delegates.listing import build_add_tag_form
from app.admin.delegates.views import render_delegate
from app.delegates.models import Delegate
from app.errors import RuleViolation
from app.forms.form import Form, validates_own_csrf
from app.registration.desk import annotations, queries
from app.web import redirects

bp = Blueprint("annotations", __name__)

redirects.MESSAGES["admin"] |= {
    "note-added": _l("The note has been added."),
    "note-deleted": _l("The note has been deleted."),
    "tag-added": _l("The tag has been added."),
    "tag-removed": _l("The tag has been removed."),
}


@bp.post("/<reference>/notes")
@validates_own_csrf
def add_note(reference: str) -> ResponseReturnValue:
    delegate, form = queries.get_delegate(reference), NoteForm()

    def add() -> None:
        annotations.add_note(delegate, str(form.note.data), actor=current_actor())

    return _save(delegate, form, add, "note-added")


@bp.post("/<reference>/notes/<int:number>/delete")
def delete_note(reference: str, number: int) -> ResponseReturnValue:
    delegate = queries.get_delegate(reference)
    annotations.delete_note(delegate, number, actor=current_actor())
    return redirect_to(delegate, "note-deleted")


@bp.post("/<reference>/tags")
@validates_own_csrf
def add_tag(reference: str) -> ResponseReturnValue:
    delegate, form = queries.get_delegate(reference), build_add_tag_form()

    def add() -> None:
        annotations.add_tag(delegate, str(form.tag.data), actor=current_actor())

    return _save(delegate, form, add, "tag-added")


@bp.post("/<reference>/tags/remove")
def remove_tag(reference: str) -> ResponseReturnValue:
    delegate = queries.get_delegate(reference)
    annotations.remove_tag(delegate, request.form.get("tag", ""), actor=current_actor())
    return redirect_to(delegate, "tag-removed")


def _save(
    delegate: Delegate, form: Form, add: Callable[[], None], message_key: str
) -> ResponseReturnValue:
    """Add what was typed, or show the delegate's page with its errors."""
    if form.validate_on_submit():
        try:
            add()
        except RuleViolation as refusal:
            form.form_errors.append(gettext(str(refusal)))
        else:
            return redirect_to(delegate, message_key)
    return render_delegate(delegate, form)
