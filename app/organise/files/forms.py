"""What people hand in and choose in order to load a programme."""

from pathlib import PureWindowsPath

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, ValidationError

from app.errors import Refused
from app.forms import Form, one_line, without_hidden
from app.programme.uploads import LARGEST
from app.registration.taking_over import NotMeant
from app.web.handed_in import FileForm, is_file, length

REPLACE, MERGE = "replace", "merge"
LONGEST_NAME = 200  # characters
TOO_LARGE = _l("This file is larger than 20 MB, so it cannot be a programme")


class UploadForm(FileForm):
    """Hand in a programme file."""

    file = FileField(_l("Programme file"))
    deed = RadioField(
        _l("What to do with it"),
        [AnyOf((REPLACE, MERGE), message=_l("Choose what to do with the file"))],
        choices=[
            SelectChoice(
                REPLACE,
                _l("It is the whole programme"),
                {"hint": _l("What it does not hold is withdrawn")},
            ),
            SelectChoice(
                MERGE,
                _l("It is a part of the programme"),
                {"hint": _l("It only adds and changes; nothing is withdrawn")},
            ),
        ],
        default=REPLACE,
        validate_choice=False,
    )

    def validate_file(self, field: FileField) -> None:
        """Ask for a file that is not too large."""
        if not is_file(field.data):
            raise ValidationError(_l("Choose a file"))
        if length(field.data) > LARGEST:
            raise ValidationError(TOO_LARGE)

    @property
    def body(self) -> bytes:
        """What the file holds."""
        body: bytes = self.file.data.read()
        return body

    @property
    def name(self) -> str:
        """The name of the file, without where it was."""
        given = PureWindowsPath(self.file.data.filename).name  # knows both kinds of slashes
        return without_hidden(one_line(given))[:LONGEST_NAME] or "?"

    @property
    def is_merged(self) -> bool:
        """Whether nothing is to be withdrawn."""
        return bool(self.deed.data == MERGE)


class LoadForm(Form):
    """Load a file that has been tried."""

    is_meant = BooleanField(_l("I mean this other conference"))
    seal = HiddenField()  # of what the page showed

    def refuse(self, refusal: Refused) -> None:
        """Say why the file cannot be loaded: beside the box, where ticking it would help."""
        if isinstance(refusal, NotMeant):
            self.reject(self.is_meant, refusal)
        else:
            self.form_errors.append(str(refusal))
