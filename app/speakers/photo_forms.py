"""The forms for the photo of a speaker, for organisers and speakers."""

from functools import cached_property
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import DataRequired, ValidationError

from app.forms.form import FileForm, Form, file_size, is_uploaded_file
from app.forms.validators import max_length, no_hidden_characters, requires_alphanumeric
from app.programme.models import Photo
from app.programme.photos.cropping import Crop
from app.programme.photos.normalise_upload import MAX_UPLOAD_BYTES
from app.programme.photos.services import PreparedPhoto, prepare_upload
from app.text import collapse_whitespace

MAX_DESCRIPTION_LENGTH = 300  # characters
TOO_LARGE = _l("The picture must be smaller than 10 MB")
DESCRIPTION_SUBJECT = _l("The description")
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
ZOOM_LEVELS = {100: _l("Whole picture"), 75: _l("Closer"), 50: _l("Closest")}


class PhotoForm(FileForm):
    """Upload a photo, or describe the current one."""

    seen = HiddenField()  # key of the photo that the page showed
    upload = HiddenField()  # token of the picture in a rejected form
    file = FileField(_l("Picture"))
    description = StringField(
        _l("Description of the photo"),
        [
            DataRequired(_l("Enter a description of the photo")),
            max_length(MAX_DESCRIPTION_LENGTH, DESCRIPTION_SUBJECT),
            no_hidden_characters,
            requires_alphanumeric(DESCRIPTION_SUBJECT),
        ],
        [collapse_whitespace],
        _l(
            "For people who cannot see the photo. For example: A woman with short grey hair, "
            "laughing"
        ),
        render_kw={"dir": "auto"},
    )
    has_photo = False
    stored_upload: PreparedPhoto | None = None  # the picture of the token
    has_lost_upload = False  # whether the token has expired

    @classmethod
    def for_photo(cls, photo: Photo | None, **kwargs: Any) -> Self:
        """Return a form filled with the data of a photo; if there is one, a file is optional."""
        data = {"description": photo.description, "seen": photo.key} if photo else {}
        form = cls(data=data, **kwargs)
        form.has_photo = photo is not None
        return form

    def set_stored_upload(self, prepared: PreparedPhoto | None) -> None:
        """Load the picture of the token; clear a token without one."""
        self.stored_upload = prepared
        if prepared is None:
            self.has_lost_upload = bool(self.upload.data)
            self.upload.data = ""

    def validate_file(self, field: FileField) -> None:
        """Require an image that is not too large."""
        if is_uploaded_file(field.data):
            if file_size(field.data) > MAX_UPLOAD_BYTES:
                raise ValidationError(TOO_LARGE)
            if not self.body:
                raise ValidationError(_l("This file is empty"))
        elif self.has_lost_upload:
            raise ValidationError(_l("We no longer have the picture you chose. Choose it again"))
        elif not (self.has_photo or self.stored_upload):
            raise ValidationError(_l("Choose a picture"))

    @cached_property
    def body(self) -> bytes:
        """The uploaded bytes; empty if no file was chosen."""
        if not is_uploaded_file(self.file.data):
            return b""
        read: bytes = self.file.data.read()
        return read

    @cached_property
    def prepared(self) -> PreparedPhoto | None:
        """The new picture, decoded; None if there is none; raises InvalidFile."""
        return prepare_upload(self.body) if self.body else self.stored_upload


class CropForm(Form):
    """Choose the square of the picture that is shown.

    Without JavaScript, one of nine positions and a zoom level; with it, the square itself is moved
    and its position sent in ``exact``.
    """

    seen = HiddenField()  # key of the photo that the page showed
    position = RadioField(
        _l("Which part to show"),
        choices=[SelectChoice(place, words) for place, words in POSITIONS.items()],
        validate_choice=False,
    )
    near = RadioField(
        _l("Zoom"),
        choices=[SelectChoice(str(side), words) for side, words in ZOOM_LEVELS.items()],
        validate_choice=False,
    )
    exact = HiddenField()

    @staticmethod
    def initial_data(photo: Photo) -> dict[str, Any]:
        """Return the form data of a photo's crop."""
        crop = Crop.parse(photo.crop)
        near = min(ZOOM_LEVELS, key=lambda side: abs(side - crop.size))
        return {"position": crop.preset, "near": str(near), "exact": "", "seen": photo.key}

    def get_crop(self) -> Crop:
        """Return the chosen crop; raise RuleViolation if it is invalid."""
        return Crop.parse(self.exact.data or f"{self.position.data} {self.near.data}")
