"""What people hand in as slides and papers, and when readers see them."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import Field, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, DataRequired, ValidationError

from app.forms import Form, one_line, plain_characters
from app.programme import profile
from app.programme.materials.checking import LARGEST
from app.programme.materials.models import END, NOW, OPENINGS, START, WORD, Material
from app.registration.fields import at_most, lettered
from app.web.handed_in import FileForm, is_file, length

LONGEST_TITLE = 120  # characters
TITLE = _l("The name")
TOO_LARGE = _l("This file is larger than 50 MB")
OPENS = {
    NOW: _l("Now"),
    START: _l("When the session starts"),
    END: _l("When the session has ended"),
    WORD: _l("When the organisers say so"),
}


def title() -> StringField:
    """Ask what it is called."""
    checks = [DataRequired(_l("Say what it is")), at_most(LONGEST_TITLE, TITLE), plain_characters]
    return StringField(
        _l("What it is"),
        [*checks, lettered(TITLE)],
        [one_line],
        _l("Readers see this. For example Slides, or Paper with all tables"),
        render_kw={"dir": "auto"},
    )


def opens() -> RadioField:
    """Ask from when on readers see it."""
    return RadioField(
        _l("From when on do readers see it?"),
        [AnyOf(OPENINGS, _l("Choose when readers see it"))],
        choices=[SelectChoice(value, words) for value, words in OPENS.items()],
        default=START,
        validate_choice=False,
    )


def _shown(material: Material | None) -> dict[str, Any]:
    return {"title": material.title, "opens": material.opens} if material else {}


class MaterialFileForm(FileForm):
    """Hand in a file, or another one in its place."""

    file = FileField(_l("File"))
    title = title()
    opens = opens()
    is_kept = False  # whether there is a file already

    @classmethod
    def about(cls, material: Material | None) -> "MaterialFileForm":
        """Begin with what is known of a file."""
        form = cls(data=_shown(material))
        form.is_kept = material is not None
        return form

    def validate_file(self, field: Field) -> None:
        """Ask for a file that is not too large."""
        if not is_file(field.data):
            if not self.is_kept:
                raise ValidationError(_l("Choose a file"))
        elif length(field.data) > LARGEST:
            raise ValidationError(TOO_LARGE)

    @property
    def brings_a_file(self) -> bool:
        """Whether a file was chosen."""
        return is_file(self.file.data)


class MaterialLinkForm(Form):
    """Give a link to slides or a paper on another site."""

    address = StringField(
        _l("Address"),
        [DataRequired(_l("Enter the address")), at_most(500, _l("The address")), plain_characters],
        [one_line],
        _l("It begins with https:// and leads readers to another website"),
        render_kw={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"},
    )
    title = title()
    opens = opens()

    def validate_address(self, field: Field) -> None:
        """Refuse what leads to no page of the web."""
        wrong = profile.fault(field.data or "")
        if wrong:
            raise ValidationError(f"{_l('The address')} {wrong}")


class MaterialForm(Form):
    """Call a link something else, or show it at another time."""

    title = title()
    opens = opens()

    @classmethod
    def about(cls, material: Material) -> "MaterialForm":
        """Begin with what is known of it."""
        return cls(data=_shown(material))
