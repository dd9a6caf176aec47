"""Forms for importing a programme."""

from pathlib import PureWindowsPath

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, ValidationError

from app.errors import RuleViolation
from app.forms.base import FileForm, Form, file_size, is_uploaded_file
from app.forms.validators import one_of_choices
from app.interchange.uploads import MAX_BYTES, DryRunResult
from app.programme import time_zones
from app.registration.import_rules import ConfirmationRequired, LoadAnswers
from app.text import collapse_whitespace, strip_hidden

REPLACE, MERGE = "replace", "merge"
MAX_FILE_NAME_LENGTH = 200  # characters
TOO_LARGE_MESSAGE = _l("The file must be smaller than 20 MB")


class UploadForm(FileForm):
    """Upload a programme file."""

    file = FileField(_l("Programme file"))
    action = RadioField(
        _l("What does the file contain?"),
        [AnyOf((REPLACE, MERGE), message=_l("Select what the file contains"))],
        choices=[
            SelectChoice(
                REPLACE,
                _l("The whole programme"),
                {"hint": _l("Anything not in the file will be withdrawn")},
            ),
            SelectChoice(
                MERGE,
                _l("Part of the programme"),
                {"hint": _l("It only adds and changes. Nothing will be withdrawn")},
            ),
        ],
        default=REPLACE,
        validate_choice=False,
    )

    def validate_file(self, field: FileField) -> None:
        """Raise ValidationError if there is no file or it is larger than MAX_BYTES."""
        if not is_uploaded_file(field.data):
            raise ValidationError(_l("Choose a file"))
        if file_size(field.data) > MAX_BYTES:
            raise ValidationError(TOO_LARGE_MESSAGE)

    @property
    def body(self) -> bytes:
        """Return the content of the file."""
        body: bytes = self.file.data.read()
        return body

    @property
    def name(self) -> str:
        """Return the name of the file without its path."""
        given = PureWindowsPath(self.file.data.filename).name  # splits at both kinds of slashes
        return strip_hidden(collapse_whitespace(given))[:MAX_FILE_NAME_LENGTH] or "?"

    @property
    def is_merged(self) -> bool:
        """Return True if the import only adds and changes."""
        return bool(self.action.data == MERGE)


class LoadUploadForm(Form):
    """Import an uploaded file after its dry run."""

    is_confirmed = BooleanField(_l("Load this as a different conference"))
    time_zone = SelectField(
        _l("Time zone of the conference"), [one_of_choices(_l("Choose a time zone from the list"))]
    )
    fingerprint = HiddenField()  # the fingerprint of what the page showed

    def set_zones(self, dry_run: DryRunResult) -> None:
        """Set the time zones to choose from, if the file has only an offset from UTC."""
        if not dry_run.fixed_zone or dry_run.starts_on is None:
            del self.time_zone
            return
        name = time_zones.place_name(dry_run.fixed_zone)
        self.time_zone.choices = [
            ("", gettext("Only %(offset)s, the whole year", offset=name)),
            *time_zones.list_zones_at_offset(dry_run.fixed_zone, dry_run.starts_on),
        ]

    def get_answers(self) -> LoadAnswers:
        """Return the answers; the time zone is "" if there was no question about it."""
        return LoadAnswers(
            self.fingerprint.data or "",
            is_confirmed=self.is_confirmed.data,
            time_zone=(self.time_zone.data or "") if "time_zone" in self else "",
        )

    def add_violation(self, refusal: RuleViolation) -> None:
        """Show why the import failed; beside the checkbox if ticking it would help."""
        if isinstance(refusal, ConfirmationRequired):
            self.add_error(self.is_confirmed, refusal)
        else:
            self.form_errors.append(str(refusal))
