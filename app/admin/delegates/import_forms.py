"""The forms with which the desk adds delegates from a spreadsheet."""

from collections.abc import Mapping, Sequence
from pathlib import PureWindowsPath
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, Field, HiddenField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import DataRequired, ValidationError

from app.admin.delegates.forms import CategoryChoiceForm, with_desk_questions
from app.delegates.fields import FIELDS
from app.forms.form import FileForm, Form, required_file
from app.registration.delegate_imports.plan import NO_PLACE, ImportPlan
from app.registration.delegate_imports.services import AS_MANY_AS_FIT, NOBODY, REST_WAITS
from app.text import collapse_whitespace, strip_hidden

MAX_FILE_NAME_LENGTH: Final = 200  # characters
MAX_BYTES: Final = 5 * 1024 * 1024
TOO_LARGE: Final = _l("The file must be smaller than 5 MB")
MODE_NAMES: Final[Mapping[str, Any]] = {
    NOBODY: _l("Add nobody until there are places for everyone"),
    AS_MANY_AS_FIT: _l("Add only those who get a place"),
    REST_WAITS: _l("Add those who get a place, and put the rest on the waiting list"),
}


@with_desk_questions(FIELDS)
class ImportedDelegateForm(CategoryChoiceForm):
    """The answers of a row of a spreadsheet."""


class ImportFileForm(FileForm):
    """A spreadsheet of delegates."""

    file = FileField(_l("Spreadsheet"), [required_file(MAX_BYTES, TOO_LARGE)])

    @property
    def name(self) -> str:
        """The name of the file without its path."""
        file_name = PureWindowsPath(self.file.data.filename).name  # splits at both kinds of slashes
        return strip_hidden(collapse_whitespace(file_name))[:MAX_FILE_NAME_LENGTH] or "?"


class SaveImportForm(Form):
    """Save a spreadsheet of delegates as the page showed it."""

    modes: Sequence[str] = ()  # the options for people without a place
    is_outdated = False  # whether the page showed another plan, so that saving is refused
    fingerprint = HiddenField()  # of what the page showed
    if_full = RadioField(_l("What should happen to people without a place?"), validate_choice=False)
    consent = BooleanField(
        _l(
            "The people in this file agree that we store their access and dietary requirements "
            "until 30 days after the conference"
        ),
        [DataRequired(_l("Ask if they agree, then tick the box. We need their consent"))],
    )
    notify = BooleanField(
        _l("Email each delegate their confirmation"),
        default=True,
        description=_l(
            "People who join the waiting list are always emailed, because they need the link"
        ),
    )

    def set_choices(self, planned: ImportPlan) -> None:
        """Ask only what the plan needs: consent, and what to do with people without a place."""
        self.is_outdated = self.fingerprint.data != planned.fingerprint
        if not planned.needs_consent:
            del self.consent
        if not planned.counts[NO_PLACE]:
            del self.if_full
            return
        self.modes = [NOBODY, AS_MANY_AS_FIT, *([REST_WAITS] if planned.has_waiting_list else [])]
        self.if_full.choices = [SelectChoice(mode, MODE_NAMES[mode]) for mode in self.modes]

    def validate_if_full(self, field: Field) -> None:
        """Require one of the choices."""
        if not self.is_outdated and field.data not in self.modes:
            raise ValidationError(_l("Choose what should happen to people without a place"))

    @property
    def mode(self) -> str:
        """Return what to do with people without a place."""
        return str(self.if_full.data) if "if_full" in self else NOBODY
