"""The form for a speaker in the admin area."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField
from wtforms.validators import Optional

from app.admin_kit.edit_form import EditForm, notes_field, with_slug
from app.forms.fields import MARKDOWN_HINT, MAX_EDITOR_TEXT_LENGTH, counted_text_field
from app.forms.validators import MAX_EMAIL_LENGTH, max_length, no_hidden_characters, valid_email
from app.programme.fields.speakers import PROFILE_FIELDS, SPEAKER_FIELDS
from app.programme.models import Speaker
from app.speakers import forms
from app.speakers.forms import AbsencesField
from app.speakers.texts.forms import ProfileFields
from app.text import collapse_whitespace


class SpeakerForm(EditForm, ProfileFields):
    """Edit a speaker."""

    biography = counted_text_field(
        _l("Biography (optional)"), _l("The biography"), MARKDOWN_HINT, MAX_EDITOR_TEXT_LENGTH
    )
    contact_address = EmailField(
        _l("Contact email address (optional)"),
        [
            Optional(),
            max_length(MAX_EMAIL_LENGTH, _l("The contact email address")),
            no_hidden_characters,
            valid_email,
        ],
        [collapse_whitespace],
        _l("Not public. Invitations and reminders are sent to this email address"),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    notes = notes_field()
    is_confirmed = BooleanField(_l("Has confirmed that they are taking part"))
    absences = AbsencesField(_l("Unavailable times"))

    @classmethod
    def speaker_data(cls, speaker: Speaker, zone: ZoneInfo) -> dict[str, Any]:
        """Return the current values of the fields."""
        names = {*PROFILE_FIELDS, *cls.other_names}
        return {
            **cls.initial_data({name: cls.table.get_value(speaker, name) for name in names}),
            "contact_address": speaker.contact_address,
            "notes": speaker.notes,
            "expected_version": speaker.version,
            "is_confirmed": speaker.confirmed_at is not None,
            "absences": forms.initial_absences(speaker.absences, zone),
        }

    def values(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return the submitted values for saving."""
        typed = with_slug(self.table_values)
        return {
            **{name: value for name, value in typed.items() if name in self.other_names},
            **self.typed_values,
            "contact_address": self.contact_address.data or "",
            "notes": self.notes.data or "",
            "is_confirmed": bool(self.is_confirmed.data),
            "absences": self.absences.to_intervals(zone),
        }

    def apply_row_button(self, button: str, days: Iterable[date]) -> bool:
        """Apply a button other than saving; return True if one was pressed."""
        is_row_added_or_removed = self.absences.apply_button(button, days)
        return (
            self.biographies.apply_button(button) or is_row_added_or_removed or button == "preview"
        )


SpeakerForm.add_other_fields(SPEAKER_FIELDS)
