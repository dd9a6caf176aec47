"""What organisers type about a speaker."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField
from wtforms.validators import Optional

from app.forms import LONGEST_ADDRESS, one_line, plain_characters
from app.organise.edited import EditForm, a_line, a_name, a_text, notes
from app.organise.speakers import absences
from app.organise.speakers.absences import Absences
from app.programme.models import Speaker
from app.registration.fields import at_most, well_formed

PLAIN = ("name", "role", "organisation", "country", "biography", "contact_address", "notes")


class SpeakerForm(EditForm):
    """Say who a speaker is."""

    name = a_name(_l("Name"), _l("The name"), _l("Enter the speaker’s name"))
    role = a_line(_l("Role"), _l("The role"), _l("For example Professor of public health"))
    organisation = a_line(_l("Organisation"), _l("The organisation"))
    country = a_line(_l("Country"), _l("The country"), list="countries")
    biography = a_text(
        _l("Biography"),
        _l("The biography"),
        _l("Markdown: an empty line begins a new paragraph, *words* are emphasised"),
    )
    contact_address = EmailField(
        _l("Contact address"),
        [
            Optional(),
            at_most(LONGEST_ADDRESS, _l("The contact address")),
            plain_characters,
            well_formed,
        ],
        [one_line],
        _l("An email address for you and the others in the back office. It is never public"),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    notes = notes()
    is_confirmed = BooleanField(_l("Has confirmed that they take part"))
    absences = Absences(_l("Cannot appear"))

    @staticmethod
    def shown(speaker: Speaker, zone: ZoneInfo) -> dict[str, Any]:
        """Give what stands in the form of a speaker before anything is typed."""
        return {
            **{field: getattr(speaker, field) for field in PLAIN},
            "version": str(speaker.version),
            "is_confirmed": speaker.confirmed_at is not None,
            "absences": absences.shown(speaker.absences, zone),
        }

    def values(self, zone: ZoneInfo) -> dict[str, Any]:
        """Give what was typed, as an edit takes it."""
        return {
            **{field: self[field].data or "" for field in PLAIN},
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
        return deed in {"add", "remove", "preview"}
