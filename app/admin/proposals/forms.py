"""Forms with which organisers decide on a speaker's proposal."""

from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired

from app.admin_kit.edit_form import MAX_NOTES_LENGTH
from app.forms.form import Form
from app.forms.validators import max_length, no_hidden_characters
from app.programme.fields.speakers import PHOTO
from app.programme.models import Session
from app.proposals import queries
from app.proposals.models import Proposal
from app.speakers.texts.forms import ProfileFields, TextFields
from app.text import normalise_lines

META_FIELDS = frozenset({"csrf_token", "fingerprint", "note"})


class ReviewedForm(Form):
    """A decision, with the fingerprint of what the page showed."""

    fingerprint = HiddenField()

    def with_fingerprint(self, fingerprint: str) -> Self:
        """Set the fingerprint of what the page shows."""
        self.fingerprint.data = fingerprint
        return self

    @property
    def expected_fingerprint(self) -> str:
        """Return the fingerprint of what the page showed."""
        return self.fingerprint.data or ""


class NoteForm(ReviewedForm):
    """A decision with a note to the sender."""

    note: TextAreaField

    @property
    def reason(self) -> str:
        """Return the note."""
        return self.note.data or ""


def _note_field(hint: Any, required_message: Any) -> TextAreaField:
    checks = [
        DataRequired(required_message),
        max_length(MAX_NOTES_LENGTH, _l("The note")),
        no_hidden_characters,
    ]
    return TextAreaField(_l("Note to the sender"), checks, [normalise_lines], hint)


class ReturnForm(NoteForm):
    """Ask the sender for changes."""

    note = _note_field(
        _l("We email it to the sender and show it on their pages"),
        _l("Enter what the sender should do"),
    )


class AmendProfileForm(NoteForm, ProfileFields):
    """Approve a profile with the organiser's own changes."""

    note = _note_field(_l("We email it to the sender"), _l("Enter why you changed the text"))


class AmendTextForm(NoteForm, TextFields):
    """Approve the text of a session with the organiser's own changes."""

    note = _note_field(_l("We email it to the sender"), _l("Enter why you changed the text"))


AmendForm = AmendProfileForm | AmendTextForm


def build_amend_form(proposal: Proposal) -> AmendForm:
    """Return a form with only the fields of a proposal, filled with its values."""
    form = _prefill(proposal)
    proposed_names = frozenset(proposal.values)
    for name in [field.name for field in form if field.name not in proposed_names | META_FIELDS]:
        delattr(form, name)
    return form


def has_text(proposal: Proposal) -> bool:
    """Return True if a proposal has fields other than the photo."""
    return any(field != PHOTO for field in proposal.values)


def _prefill(proposal: Proposal) -> AmendForm:
    values = {**queries.get_current_values(proposal.entity), **proposal.values}
    if isinstance(proposal.entity, Session):
        return AmendTextForm(data=TextFields.initial_data(values))
    return AmendProfileForm(data=ProfileFields.initial_data(values))
