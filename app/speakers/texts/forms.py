"""The forms for a speaker's profile and for the text of a session."""

import json
from collections.abc import Mapping
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.forms.fields import counted_text_field, editor_name_field
from app.forms.form import Form
from app.programme import speaker_links
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import PROFILE_FIELDS, SPEAKER_FIELDS
from app.proposals import merging
from app.speakers.texts import fields
from app.speakers.texts.fields import BiographiesField, TableForm

MAX_FINGERPRINTS_LENGTH = 2_000  # characters


class ProfileFields(TableForm):
    """The public profile of a speaker, without the photo."""

    table = SPEAKER_FIELDS

    name = editor_name_field(
        _l("Name"),
        _l("The name"),
        _l("Enter the name"),
        _l("Public. The name as it is usually written"),
    )
    honorific = fields.form_field(SPEAKER_FIELDS["honorific"])
    pronunciation = fields.form_field(SPEAKER_FIELDS["pronunciation"])
    pronouns = fields.form_field(SPEAKER_FIELDS["pronouns"])
    role = fields.form_field(SPEAKER_FIELDS["role"])
    organisation = fields.form_field(SPEAKER_FIELDS["organisation"])
    country = fields.form_field(SPEAKER_FIELDS["country"])
    biography = counted_text_field(
        _l("Biography (optional)"),
        _l("The biography"),
        _l(
            "Public, in English. Up to 3,000 characters (about 450 words). Leave an empty line "
            "to start a new paragraph. Write *words* for italics"
        ),
        fields.MAX_BIOGRAPHY_LENGTH,
    )
    biographies = BiographiesField(_l("Biography in other languages (optional)"))
    links = fields.links_field()

    @classmethod
    def initial_data(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the form's initial data."""
        biographies = BiographiesField.initial_data(values["biographies"])
        return {**cls.initial_values(values), "biographies": biographies}

    def apply_button(self, button: str) -> bool:
        """Add or remove a biography if that button was pressed; return True if so."""
        return "biographies" in self and self.biographies.apply_button(button)

    @property
    def typed_values(self) -> dict[str, Any]:
        """Return the submitted values, as values of an edit."""
        typed = self.table_values
        values = {name: typed[name] for name in PROFILE_FIELDS if name in typed}
        if "biographies" in values:
            values["biographies"] = self.biographies.to_pairs
        if "links" in values:
            values["links"] = speaker_links.parse_links(self.links.data or "")
        return values


ProfileFields.add_other_fields(SPEAKER_FIELDS[name] for name in PROFILE_FIELDS)


class TextFields(TableForm):
    """The public text of a session."""

    table = SESSION_FIELDS

    title = editor_name_field(
        _l("Title"),
        _l("The title"),
        _l("Enter the title"),
        _l("Public. Up to 200 characters"),
    )
    abstract = counted_text_field(
        _l("Abstract (optional)"),
        _l("The abstract"),
        _l(
            "Public. Up to 3,000 characters (about 450 words). Leave an empty line to start a "
            "new paragraph. Write *words* for italics"
        ),
        fields.MAX_ABSTRACT_LENGTH,
    )
    links = fields.session_links_field()

    @classmethod
    def initial_data(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the form's initial data."""
        return cls.initial_values({name: values[name] for name in SESSION_FIELDS.proposed_names})

    @staticmethod
    def apply_button(_button: str) -> bool:
        """Return False: there are no rows to add or remove."""
        return False

    @property
    def typed_values(self) -> dict[str, Any]:
        """Return the submitted values, as values of an edit."""
        return self.table_values


TextFields.add_other_fields(SESSION_FIELDS[name] for name in SESSION_FIELDS.proposed_names)


class TracksInitialValues(Form):
    """A form with fingerprints of the values it was opened with."""

    began = HiddenField()

    def remember_values(self, values: Mapping[str, Any]) -> Self:
        """Store fingerprints of these values in the form."""
        self.began.data = json.dumps(merging.fingerprints(values))
        return self

    @property
    def initial_fingerprints(self) -> Mapping[str, str]:
        """The fingerprints by field; empty if invalid."""
        typed = self.began.data or ""
        try:
            read = json.loads(typed) if len(typed) <= MAX_FINGERPRINTS_LENGTH else {}
        except ValueError:
            read = {}
        return read if isinstance(read, dict) else {}


class ProfileForm(ProfileFields, TracksInitialValues):
    """Edit a speaker's profile."""


class TextForm(TextFields, TracksInitialValues):
    """Edit the text of a session."""
