"""The forms for a speaker's profile and for the text of a session."""

import json
from collections.abc import Mapping
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.forms.base import Form
from app.forms.fields import (
    MAX_LINE_LENGTH,
    PUBLIC_HINT,
    counted_text_field,
    editor_line_field,
    editor_name_field,
)
from app.programme import speaker_links
from app.proposals import merging
from app.speakers.texts import fields
from app.speakers.texts.fields import BiographiesField

MAX_FINGERPRINTS_LENGTH = 2_000  # characters


class ProfileFields(Form):
    """The public profile of a speaker, without the photo."""

    name = editor_name_field(
        _l("Name"),
        _l("The name"),
        _l("Enter the name"),
        _l("Public. In the writing in which it is usually written"),
    )
    honorific = editor_line_field(
        _l("Title before the name (optional)"),
        _l("The title"),
        _l("Public. For example Professor, Dr or Sir"),
        MAX_LINE_LENGTH,
    )
    pronunciation = editor_line_field(
        _l("How to say the name (optional)"),
        _l("How to say the name"),
        _l(
            "Public. In plain letters, for whoever introduces the speaker: "
            "for example zho-OW mah-RAY"
        ),
        MAX_LINE_LENGTH,
    )
    pronouns = editor_line_field(
        _l("Pronouns (optional)"),
        _l("The pronouns"),
        _l("Public. For example she/her or they/them"),
        MAX_LINE_LENGTH,
    )
    role = editor_line_field(
        _l("Role (optional)"), _l("The role"), _l("Public. For example Professor of public health")
    )
    organisation = editor_line_field(
        _l("Organisation (optional)"), _l("The organisation"), PUBLIC_HINT
    )
    country = editor_line_field(
        _l("Country (optional)"), _l("The country"), PUBLIC_HINT, list="countries"
    )
    biography = counted_text_field(
        _l("Biography (optional)"),
        _l("The biography"),
        _l(
            "Public, in English, at most 3,000 characters, which is about 450 words. "
            "Markdown: an empty line begins a new paragraph, *words* are emphasised"
        ),
        fields.MAX_BIOGRAPHY_LENGTH,
    )
    biographies = BiographiesField(_l("Biography in other languages (optional)"))
    links = fields.links_field()

    @staticmethod
    def initial_data(values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the form's initial data."""
        return {
            **{name: values[name] for name in speaker_links.PROFILE_FIELDS},
            "biographies": BiographiesField.initial_data(values["biographies"]),
            "links": speaker_links.format_links(values["links"]),
        }

    def apply_button(self, pressed: str) -> bool:
        """Add or remove a biography if that button was pressed; return True if so."""
        return "biographies" in self and self.biographies.apply_button(pressed)

    @property
    def typed_values(self) -> dict[str, Any]:
        """Return what was typed, as values of an edit."""
        values = {
            name: self[name].data or "" for name in speaker_links.PROFILE_FIELDS if name in self
        }
        if "biographies" in values:
            values["biographies"] = self.biographies.to_pairs
        if "links" in values:
            values["links"] = speaker_links.parse_links(values["links"])
        return values


class TextFields(Form):
    """The public text of a session."""

    title = editor_name_field(
        _l("Title"),
        _l("The title"),
        _l("Enter the title"),
        _l("Public, at most 200 characters"),
    )
    abstract = counted_text_field(
        _l("Abstract (optional)"),
        _l("The abstract"),
        _l(
            "Public, at most 3,000 characters, which is about 450 words. "
            "Markdown: an empty line begins a new paragraph, *words* are emphasised"
        ),
        fields.MAX_ABSTRACT_LENGTH,
    )

    @staticmethod
    def initial_data(values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the form's initial data."""
        return {name: values[name] for name in ("title", "abstract")}

    @staticmethod
    def apply_button(_pressed: str) -> bool:
        """Return False: there are no rows to add or remove."""
        return False

    @property
    def typed_values(self) -> dict[str, Any]:
        """Return what was typed, as values of an edit."""
        return {name: self[name].data or "" for name in ("title", "abstract") if name in self}


class TracksInitialValues(Form):
    """A form with fingerprints of the values it was opened with."""

    began = HiddenField()

    def remember_values(self, values: Mapping[str, Any]) -> Self:
        """Store fingerprints of these values in the form."""
        self.began.data = json.dumps(merging.fingerprints(values))
        return self

    @property
    def initial_fingerprints(self) -> Mapping[str, str]:
        """The fingerprints by field; empty if they cannot be read."""
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
