"""Editing a text in three steps: form, preview, submit. The input is never lost.

A page has one form. Its buttons show a preview, return to the form, or submit; the preview contains
the input in hidden fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.errors import RuleViolation
from app.programme.models import Session, Speaker
from app.proposals import queries, services
from app.proposals.merging import MergeConflict
from app.proposals.queries import ProposalStatus
from app.proposals.services import SubmitResult
from app.speakers import access
from app.speakers.texts.forms import ProfileForm, TextForm
from app.web import redirects

EditForm = ProfileForm | TextForm
CONTROL_FIELDS = frozenset({"csrf_token", "button"})
SEND, CHANGE = "send", "change"  # values of the preview's buttons

redirects.MESSAGES["speakers"] |= {
    "sent": _l("Sent. The organisers will check it and email you their decision."),
    "shown-soon": _l("Saved. It will be public within a few minutes."),
    "sent-and-shown": _l(
        "Saved. Some of your changes will be public within a few minutes. The organisers "
        "will check the others first."
    ),
    "taken-back": _l("You have withdrawn your changes."),
}


@dataclass(frozen=True)
class FormState:
    """The form, and why it is shown again."""

    form: EditForm
    proposal_status: ProposalStatus
    conflict: MergeConflict | None = None
    error: RuleViolation | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status code, or None: the form decides."""
        return 409 if self.conflict or self.error else None


class EditFlow(Protocol):
    """The pages to edit the texts of one speaker or session."""

    @property
    def subject(self) -> Speaker | Session:
        """Return the speaker or session."""

    @property
    def form(self) -> type[EditForm]:
        """Return the form class."""

    def render_form(self, state: FormState) -> ResponseReturnValue:
        """Show the form."""

    def render_preview(self, form: EditForm) -> ResponseReturnValue:
        """Show a preview of the public page."""

    def redirect_with_flash(self, flash_name: str) -> ResponseReturnValue:
        """Redirect with a flash message."""


def run(flow: EditFlow) -> ResponseReturnValue:
    """Handle the request according to the button that was pressed."""
    proposal_status = queries.get_status(flow.subject).restrict_to(queries.TEXT_FIELD_NAMES)
    form = flow.form(data=flow.form.initial_data(proposal_status.values))
    button = request.form.get("button", "")
    if not form.is_submitted():
        return flow.render_form(
            FormState(form.remember_values(proposal_status.values), proposal_status)
        )
    if form.apply_button(button) or button == CHANGE or not form.validate():
        return flow.render_form(FormState(form, proposal_status))
    if button != SEND:
        return flow.render_preview(form)
    return _submit(flow, proposal_status, form)


def get_typed_pairs() -> Sequence[tuple[str, str]]:
    """Return all submitted fields, for hidden fields of a page."""
    return [pair for pair in request.form.items(multi=True) if pair[0] not in CONTROL_FIELDS]


def _submit(flow: EditFlow, proposal_status: ProposalStatus, form: EditForm) -> ResponseReturnValue:
    try:
        submitted = services.propose(
            flow.subject,
            form.typed_values,
            base_fingerprints=form.initial_fingerprints,
            actor=access.current_actor(),
        )
    except MergeConflict as conflict:
        values = flow.form.initial_data({**proposal_status.values, **conflict.values})
        again = flow.form(formdata=None, data=values).remember_values(proposal_status.values)
        return flow.render_form(FormState(again, proposal_status, conflict=conflict))
    except RuleViolation as refusal:
        return flow.render_form(FormState(form, proposal_status, error=refusal))
    return flow.redirect_with_flash(_flash_name(submitted))


def _flash_name(submitted: SubmitResult) -> str:
    if submitted.waiting and submitted.applied:
        return "sent-and-shown"
    if submitted.applied:
        return "shown-soon"
    return "sent" if submitted.waiting else "as-it-was"
