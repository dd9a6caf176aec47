"""The forms for uploading slides and papers, for organisers and speakers."""

from typing import Any, BinaryIO, Self

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import Field, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, DataRequired, ValidationError

from app.forms.form import FileForm, Form, file_size, is_uploaded_file
from app.forms.validators import max_length, no_hidden_characters, requires_alphanumeric
from app.materials.file_validation import MAX_BYTES
from app.materials.models import AVAILABILITIES, END, NOW, ON_RELEASE, START, TECHNICIANS, Material
from app.materials.queries import fingerprint
from app.programme import speaker_links
from app.text import collapse_whitespace

MAX_TITLE_LENGTH = 120  # characters
TITLE_SUBJECT = _l("The title")
TOO_LARGE = _l("The file must be smaller than 50 MB")
OPENS_LABELS = {
    NOW: _l("Now"),
    START: _l("When the session starts"),
    END: _l("When the session has ended"),
    ON_RELEASE: _l("When an organiser approves it"),
    TECHNICIANS: _l("Never. It is only for technicians"),
}


def title_field() -> StringField:
    """Return the field for the title."""
    checks = [
        DataRequired(_l("Enter a title")),
        max_length(MAX_TITLE_LENGTH, TITLE_SUBJECT),
        no_hidden_characters,
    ]
    return StringField(
        _l("Title"),
        [*checks, requires_alphanumeric(TITLE_SUBJECT)],
        [collapse_whitespace],
        _l("Public. For example: Slides, or Paper with all tables"),
        render_kw={"dir": "auto"},
    )


def opens_field() -> RadioField:
    """Return the field for when the public can see the material."""
    return RadioField(
        _l("When should it be public?"),
        [AnyOf(AVAILABILITIES, _l("Choose when it should be public"))],
        choices=[SelectChoice(value, words) for value, words in OPENS_LABELS.items()],
        default=START,
        validate_choice=False,
    )


def initial_data(material: Material | None) -> dict[str, Any]:
    """Return the form data of a material."""
    if material is None:
        return {}
    return {
        "title": material.title,
        "opens": material.available_from,
        "fingerprint": fingerprint(material),
    }


class RemoveMaterialForm(Form):
    """Delete a material, as its page showed it."""

    fingerprint = HiddenField()


class MaterialFileForm(FileForm):
    """Upload a file, or replace it."""

    fingerprint = HiddenField()  # of the material that the page showed
    file = FileField(_l("File"))
    title = title_field()
    opens = opens_field()
    has_stored_file = False  # whether a file is stored

    @classmethod
    def for_material(cls, material: Material | None, **kwargs: Any) -> Self:
        """Return a form filled with the data of a material."""
        form = cls(data=initial_data(material), **kwargs)
        form.has_stored_file = material is not None
        return form

    def validate_file(self, field: Field) -> None:
        """Require a file that is not too large."""
        if not is_uploaded_file(field.data):
            if not self.has_stored_file:
                raise ValidationError(_l("Choose a file"))
        elif file_size(field.data) > MAX_BYTES:
            raise ValidationError(TOO_LARGE)

    @property
    def stream(self) -> BinaryIO | None:
        """The uploaded file; None if no file was chosen."""
        return self.file.data.stream if is_uploaded_file(self.file.data) else None


class MaterialLinkForm(Form):
    """Add a link to slides or a paper on another site."""

    address = StringField(
        _l("Web address"),
        [
            DataRequired(_l("Enter the web address")),
            max_length(500, _l("The web address")),
            no_hidden_characters,
        ],
        [collapse_whitespace],
        _l("Public. Starts with https:// and leads to another website"),
        render_kw={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"},
    )
    title = title_field()
    opens = opens_field()

    def validate_address(self, field: Field) -> None:
        """Reject anything but the URL of a web page."""
        wrong = speaker_links.link_error(field.data or "")
        if wrong:
            raise ValidationError(f"{_l('The web address')} {wrong}")


class MaterialForm(Form):
    """Change the title of a link, or when it is shown."""

    fingerprint = HiddenField()
    title = title_field()
    opens = opens_field()
