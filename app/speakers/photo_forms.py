"""What is asked about the photo of a speaker, of organisers and of speakers alike."""

from functools import cached_property
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import DataRequired, ValidationError

from app.forms import Form, one_line, plain_characters
from app.programme.cuts import Cut
from app.programme.models import Photo
from app.programme.photos import LARGEST
from app.registration.fields import at_most, lettered
from app.web.handed_in import FileForm, is_file, length

LONGEST_WORDS = 300  # characters
TOO_LARGE = _l("This picture is larger than 10 MB")
WORDS = _l("The text")
POSITIONS = {
    "0 0": _l("Top left"),
    "50 0": _l("Top"),
    "100 0": _l("Top right"),
    "0 50": _l("Left"),
    "50 50": _l("Middle"),
    "100 50": _l("Right"),
    "0 100": _l("Bottom left"),
    "50 100": _l("Bottom"),
    "100 100": _l("Bottom right"),
}
NEAR = {100: _l("As much as fits"), 75: _l("Nearer"), 50: _l("Nearest")}


class PhotoForm(FileForm):
    """Give a speaker a photo, or say what theirs shows."""

    file = FileField(_l("Picture"))
    description = StringField(
        _l("What the photo shows"),
        [
            DataRequired(_l("Say what the photo shows")),
            at_most(LONGEST_WORDS, WORDS),
            plain_characters,
            lettered(WORDS),
        ],
        [one_line],
        _l(
            "In a few words, for those who do not see it: "
            "for example A woman with short grey hair, laughing"
        ),
        render_kw={"dir": "auto"},
    )
    has_photo = False

    @classmethod
    def about(cls, photo: Photo | None, **more: Any) -> Self:
        """Begin with what is known of a photo, and ask for no picture where there is one."""
        form = cls(data={"description": photo.description if photo else ""}, **more)
        form.has_photo = photo is not None
        return form

    def validate_file(self, field: FileField) -> None:
        """Ask for a picture that is not too large."""
        if is_file(field.data):
            if length(field.data) > LARGEST:
                raise ValidationError(TOO_LARGE)
            if not self.body:
                raise ValidationError(_l("This file is empty"))
        elif not self.has_photo:
            raise ValidationError(_l("Choose a picture"))

    @cached_property
    def body(self) -> bytes:
        """What the file holds; nothing where none was chosen."""
        if not is_file(self.file.data):
            return b""
        read: bytes = self.file.data.read()
        return read


class CutForm(Form):
    """Choose the square of a picture that readers are shown.

    Whoever has no script chooses one of nine places and how near; else the square itself is moved,
    and says in ``exact`` where it stands.
    """

    position = RadioField(
        _l("Which part is shown"),
        choices=[SelectChoice(place, words) for place, words in POSITIONS.items()],
        validate_choice=False,
    )
    near = RadioField(
        _l("How near"),
        choices=[SelectChoice(str(side), words) for side, words in NEAR.items()],
        validate_choice=False,
    )
    exact = HiddenField()

    @staticmethod
    def shown(cut: Cut) -> dict[str, Any]:
        """Give what stands in the form of a cut before anything is chosen."""
        near = min(NEAR, key=lambda side: abs(side - cut.side))
        return {"position": cut.position, "near": str(near), "exact": ""}

    def cut(self) -> Cut:
        """Give the cut that was chosen; raise Refused where it is none."""
        return Cut.read(self.exact.data or f"{self.position.data} {self.near.data}")
