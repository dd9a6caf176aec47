"""What organisers type when they decide on a change by a speaker."""

from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired

from app.forms import Form, plain_characters
from app.organise.edited import LONGEST_NOTES
from app.programme.editing.of_speakers import PHOTO
from app.programme.models import Session
from app.programme.proposals import fields
from app.programme.proposals.models import Proposal
from app.registration.fields import at_most
from app.speakers.texts.fields import lines
from app.speakers.texts.forms import ProfileFields, TextFields

UNTYPED = frozenset({"csrf_token", "seal", "note"})


class SealedForm(Form):
    """A decision on what a page has shown."""

    seal = HiddenField()

    def sealed(self, seal: str) -> Self:
        """Remember what the page shows."""
        self.seal.data = seal
        return self

    @property
    def seen(self) -> str:
        """Tell what the page has shown."""
        return self.seal.data or ""


class NotedForm(SealedForm):
    """A decision that its sender is told the reason of."""

    note: TextAreaField

    @property
    def reason(self) -> str:
        """Give the reason."""
        return self.note.data or ""


def _note(hint: Any, missing: Any) -> TextAreaField:
    checks = [
        DataRequired(missing),
        at_most(LONGEST_NOTES, _l("The note")),
        plain_characters,
    ]
    return TextAreaField(_l("Note to the sender"), checks, [lines], hint)


class BackForm(NotedForm):
    """Say what the sender should do."""

    note = _note(
        _l("It goes to the sender in a letter, and stands on their pages"),
        _l("Say what the sender should do"),
    )


class AmendProfileForm(NotedForm, ProfileFields):
    """Choose other words for what readers see of a speaker."""

    note = _note(_l("It goes to the sender in a letter"), _l("Say why you chose other words"))


class AmendTextForm(NotedForm, TextFields):
    """Choose other words for what readers see of a session."""

    note = _note(_l("It goes to the sender in a letter"), _l("Say why you chose other words"))


AmendForm = AmendProfileForm | AmendTextForm


def amending(proposal: Proposal) -> AmendForm:
    """Give a form of the fields that somebody would like changed, with what they wrote."""
    form = _filled(proposal)
    asked = frozenset(proposal.values)
    for name in [field.name for field in form if field.name not in asked | UNTYPED]:
        delattr(form, name)
    return form


def has_words(proposal: Proposal) -> bool:
    """Whether there is anything for which other words could be chosen."""
    return any(field != PHOTO for field in proposal.values)


def _filled(proposal: Proposal) -> AmendForm:
    values = {**fields.working(proposal.thing), **proposal.values}
    if isinstance(proposal.thing, Session):
        return AmendTextForm(data=TextFields.filled(values))
    return AmendProfileForm(data=ProfileFields.filled(values))
