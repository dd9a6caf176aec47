"""What organisers type about a speaker."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField
from wtforms.validators import Optional

from app.forms import LONGEST_ADDRESS, one_line, plain_characters
from app.organise.edited import (
    LONGEST_TEXT,
    MARKDOWN,
    EditForm,
    notes,
)
from app.programme import profile
from app.programme.editing.of_speakers import KIND
from app.programme.models import Speaker
from app.registration.fields import at_most, well_formed
from app.speakers import absences
from app.speakers.absences import Absences
from app.speakers.texts.fields import a_text
from app.speakers.texts.forms import ProfileFields


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
