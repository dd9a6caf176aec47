"""What organisers type about a speaker."""

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any, Self
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, HiddenField, RadioField, StringField
from wtforms.validators import DataRequired, Optional, ValidationError

from app.forms import LONGEST_ADDRESS, Form, one_line, plain_characters
from app.organise.edited import (
    EITHER_WAY,
    LONGEST_LINE,
    LONGEST_TEXT,
    MARKDOWN,
    EditForm,
    notes,
)
from app.programme import profile
from app.programme.cuts import Cut
from app.programme.editing.of_speakers import KIND
from app.programme.models import Speaker
from app.programme.photos import LARGEST
from app.registration.fields import at_most, lettered, well_formed
from app.speakers import absences
from app.speakers.absences import Absences
from app.speakers.texts.fields import a_text
from app.speakers.texts.forms import ProfileFields
from app.web.handed_in import FileForm, is_file, length

TOO_LARGE = _l("This picture is larger than 10 MB")
WORDS = _l("The text")


POSITIONS = {
    (0, 0): _l("Top left"),
    (50, 0): _l("Top"),
    (100, 0): _l("Top right"),
    (0, 50): _l("Left"),
    (50, 50): _l("Middle"),
    (100, 50): _l("Right"),
    (0, 100): _l("Bottom left"),
    (50, 100): _l("Bottom"),
    (100, 100): _l("Bottom right"),
}
NEAR = {100: _l("As much as fits"), 75: _l("Nearer"), 50: _l("Nearest")}


class SpeakerForm(EditForm, ProfileFields):
    """Say who a speaker is."""

    biography = a_text(_l("Biography (optional)"), _l("The biography"), MARKDOWN, LONGEST_TEXT)
    contact_address = EmailField(
        _l("Contact address (optional)"),
        [
            Optional(),
            at_most(LONGEST_ADDRESS, _l("The contact address")),
            plain_characters,
            well_formed,
        ],
        [one_line],
        _l("Not public. An email address for you and the others in the back office"),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    notes = notes()
    is_confirmed = BooleanField(_l("Has confirmed that they take part"))
    absences = Absences(_l("Cannot appear"))

    @staticmethod
    def shown(speaker: Speaker, zone: ZoneInfo) -> dict[str, Any]:
        """Give what stands in the form of a speaker before anything is typed."""
        return {
            **ProfileFields.filled({name: KIND.value(speaker, name) for name in profile.FIELDS}),
            "contact_address": speaker.contact_address,
            "notes": speaker.notes,
            "version": str(speaker.version),
            "is_confirmed": speaker.confirmed_at is not None,
            "absences": absences.shown(speaker.absences, zone),
        }

    def values(self, zone: ZoneInfo) -> dict[str, Any]:
        """Give what was typed, as an edit takes it."""
        return {
            **self.typed,
            "contact_address": self.contact_address.data or "",
            "notes": self.notes.data or "",
            "is_confirmed": bool(self.is_confirmed.data),
            "absences": self.absences.moments(zone),
        }

    def arrange(self, pressed: str, days: Iterable[date]) -> bool:
        """Add or remove a row, if that button was pressed; tell whether it was."""
        deed, _, number = pressed.partition(" ")
        if deed == "add":
            self.absences.add()
        elif deed == "remove":
            self.absences.remove(number)
        self.absences.offer(days)
        return self.biographies.arrange(pressed) or deed in {"add", "remove", "preview"}


class PhotoForm(FileForm):
    """Give a speaker a photo, or say what theirs shows."""

    file = FileField(_l("Picture"))
    description = StringField(
        _l("What the photo shows"),
        [
            DataRequired(_l("Say what the photo shows")),
            at_most(LONGEST_LINE, WORDS),
            plain_characters,
            lettered(WORDS),
        ],
        [one_line],
        _l(
            "In a few words, for those who do not see it: "
            "for example A woman with short grey hair, laughing"
        ),
        render_kw=EITHER_WAY,
    )
    has_photo = False

    def for_one(self, speaker: Speaker) -> Self:
        """Ask for no picture where there is one already."""
        self.has_photo = speaker.photo is not None
        return self

    @staticmethod
    def shown(speaker: Speaker) -> dict[str, Any]:
        """Give what stands in the form before anything is typed."""
        return {"description": speaker.photo.description if speaker.photo else ""}

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
        choices=[(f"{across} {down}", words) for (across, down), words in POSITIONS.items()],
        validate_choice=False,
    )
    near = RadioField(
        _l("How near"),
        choices=[(str(side), words) for side, words in NEAR.items()],
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
