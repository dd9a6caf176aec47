"""What a speaker writes of themselves, and the owner of a session of it."""

import json
from collections.abc import Mapping
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.forms import Form
from app.programme import profile
from app.programme.proposals import merging
from app.speakers.texts import fields
from app.speakers.texts.fields import Biographies

LONGEST_MARKS = 2_000  # characters
PUBLIC = _l("Public")


class ProfileFields(Form):
    """All that readers see of a speaker, but the photo."""

    name = fields.a_name(
        _l("Name"),
        _l("The name"),
        _l("Enter the name"),
        _l("Public. In the writing in which it is usually written"),
    )
    honorific = fields.a_line(
        _l("Title before the name (optional)"),
        _l("The title"),
        _l("Public. For example Professor, Dr or Sir"),
        fields.SHORT_LINE,
    )
    pronunciation = fields.a_line(
        _l("How to say the name (optional)"),
        _l("How to say the name"),
        _l(
            "Public. In plain letters, for whoever introduces the speaker: "
            "for example zho-OW mah-RAY"
        ),
        fields.SHORT_LINE,
    )
    pronouns = fields.a_line(
        _l("Pronouns (optional)"),
        _l("The pronouns"),
        _l("Public. For example she/her or they/them"),
        fields.SHORT_LINE,
    )
    role = fields.a_line(
        _l("Role (optional)"), _l("The role"), _l("Public. For example Professor of public health")
    )
    organisation = fields.a_line(_l("Organisation (optional)"), _l("The organisation"), PUBLIC)
    country = fields.a_line(_l("Country (optional)"), _l("The country"), PUBLIC, list="countries")
    biography = fields.a_text(
        _l("Biography (optional)"),
        _l("The biography"),
        _l(
            "Public, in English, at most 3,000 characters, which is about 450 words. "
            "Markdown: an empty line begins a new paragraph, *words* are emphasised"
        ),
        fields.LONGEST_BIOGRAPHY,
    )
    biographies = Biographies(_l("Biography in other languages (optional)"))
    links = fields.links()

    @staticmethod
    def filled(values: Mapping[str, Any]) -> dict[str, Any]:
        """Give what stands in the form before anything is typed."""
        return {
            **{name: values[name] for name in profile.FIELDS},
            "biographies": Biographies.shown(values["biographies"]),
            "links": profile.shown_links(values["links"]),
        }

    def arranges(self, pressed: str) -> bool:
        """Add or remove a biography, if that button was pressed; tell whether it was."""
        return "biographies" in self and self.biographies.arrange(pressed)

    @property
    def typed(self) -> dict[str, Any]:
        """Give what was typed, as an edit takes it."""
        told = {name: self[name].data or "" for name in profile.FIELDS if name in self}
        if "biographies" in told:
            told["biographies"] = self.biographies.pairs
        if "links" in told:
            told["links"] = profile.read_links(told["links"])
        return told


class TextFields(Form):
    """What readers see of a session and its owner writes."""

    title = fields.a_name(
        _l("Title"),
        _l("The title"),
        _l("Enter the title"),
        _l("Public, at most 200 characters"),
    )
    abstract = fields.a_text(
        _l("Abstract (optional)"),
        _l("The abstract"),
        _l(
            "Public, at most 3,000 characters, which is about 450 words. "
            "Markdown: an empty line begins a new paragraph, *words* are emphasised"
        ),
        fields.LONGEST_ABSTRACT,
    )

    @staticmethod
    def filled(values: Mapping[str, Any]) -> dict[str, Any]:
        """Give what stands in the form before anything is typed."""
        return {name: values[name] for name in ("title", "abstract")}

    @staticmethod
    def arranges(_pressed: str) -> bool:
        """Tell that nothing here is added or removed."""
        return False

    @property
    def typed(self) -> dict[str, Any]:
        """Give what was typed, as an edit takes it."""
        return {name: self[name].data or "" for name in ("title", "abstract") if name in self}


class Begun(Form):
    """A form that remembers what stood in it when it was opened."""

    began = HiddenField()

    def begin(self, values: Mapping[str, Any]) -> Self:
        """Remember what stands in the form now."""
        self.began.data = json.dumps(merging.marks(values))
        return self

    @property
    def marks(self) -> Mapping[str, str]:
        """Tell what stood in the form; what nobody has written there was never right."""
        typed = self.began.data or ""
        try:
            read = json.loads(typed) if len(typed) <= LONGEST_MARKS else {}
        except ValueError:
            read = {}
        return read if isinstance(read, dict) else {}


class ProfileForm(ProfileFields, Begun):
    """Say who a speaker is."""


class TextForm(TextFields, Begun):
    """Say what a session is about."""
