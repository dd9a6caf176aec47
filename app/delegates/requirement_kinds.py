"""The access and dietary requirements that people choose from, besides their own words.

An answer is stored as the codes of its kinds, by spaces, in alphabetical order. A code is never
changed, for answers hold it; pages show kinds in the order of these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.delegates.requirement_models import ACCESS, DIETARY
from app.forms.fields import DaysField
from app.forms.validators import one_of_choices


class KindsField(DaysField):
    """Kinds of which any number may be chosen, each with a checkbox."""


def kinds_field(label: Any) -> KindsField:
    """Return an optional field for several of some kinds."""
    offered = one_of_choices(_l("Choose from the list"))
    hint = _l("Choose all that apply")
    return KindsField(label, [offered], validate_choice=False, description=hint)


OTHER: Final = "other"
SIGN_LANGUAGE: Final = "sign-language"
ACCESS_KINDS: Final[Mapping[str, Any]] = {
    "step-free": _l("Step-free access"),
    "hearing-loop": _l("Hearing loop"),
    SIGN_LANGUAGE: _l("British Sign Language"),
    "captions": _l("Live captions"),
    "large-print": _l("Large print"),
    "quiet-room": _l("Quiet room"),
    "assistant": _l("Carer or assistant"),
    "prayer-room": _l("Prayer room"),
    "childcare": _l("Childcare"),
    OTHER: _l("Something else"),
}
DIETARY_KINDS: Final[Mapping[str, Any]] = {
    "vegetarian": _l("Vegetarian"),
    "vegan": _l("Vegan"),
    "halal": _l("Halal"),
    "kosher": _l("Kosher"),
    "gluten-free": _l("Gluten-free"),
    "nut-allergy": _l("Nut allergy"),
    "dairy-free": _l("Dairy-free"),
    OTHER: _l("Something else"),
}


@dataclass(frozen=True)
class RequirementType:
    """A type of requirements: each that somebody has becomes a case, with pages of its own."""

    name: str  # in addresses and of the cases
    kinds: Mapping[str, Any]  # to choose from
    label: Any  # of the pages of the team
    own_label: Any  # for the delegate
    reply_label: Any  # of the page on which the delegate replies
    show_label: Any  # of the button with which the team sees them
    caution: Any  # on each page that shows them
    empty: Any  # on a list without any

    @property
    def kinds_name(self) -> str:
        """The name of the answer in which kinds are chosen."""
        return f"{self.name}_kinds"

    @property
    def words_name(self) -> str:
        """The name of the answer in the person's own words."""
        return f"{self.name}_needs"

    @property
    def list_subject(self) -> str:
        """The subject of the list in the audit log."""
        return f"{self.name} requirements"

    @property
    def viewed_summary(self) -> str:
        """What the audit log says of somebody who has looked at the list."""
        return f"The list of {self.list_subject} was viewed"


REQUIREMENT_TYPES: Final[Mapping[str, RequirementType]] = {
    ACCESS: RequirementType(
        ACCESS,
        ACCESS_KINDS,
        _l("Access requirements"),
        _l("Your access requirements"),
        _l("Reply about your access requirements"),
        _l("Show access requirements"),
        _l(
            "Only share this with the people arranging access. We record in the history that you "
            "viewed it."
        ),
        _l("Each access requirement that delegates tell us about when they register appears here."),
    ),
    DIETARY: RequirementType(
        DIETARY,
        DIETARY_KINDS,
        _l("Dietary requirements"),
        _l("Your dietary requirements"),
        _l("Reply about your dietary requirements"),
        _l("Show dietary requirements"),
        _l(
            "Only share this with the people arranging meals. We record in the history that you "
            "viewed it."
        ),
        _l(
            "Each dietary requirement that delegates tell us about when they register appears here."
        ),
    ),
}


def list_access_choices() -> list[tuple[str, str]]:
    """List the kinds of access requirements with their texts, in the language of the page."""
    return [(code, str(text)) for code, text in ACCESS_KINDS.items()]


def list_dietary_choices() -> list[tuple[str, str]]:
    """List the kinds of dietary requirements with their texts, in the language of the page."""
    return [(code, str(text)) for code, text in DIETARY_KINDS.items()]


def format_kinds(answer: str, texts: Mapping[str, Any]) -> str:
    """Return an answer as pages and files show it."""
    chosen = answer.split()
    return ", ".join(str(text) for code, text in texts.items() if code in chosen)


def format_access(answer: str) -> str:
    """Return the kinds of access requirements of an answer."""
    return format_kinds(answer, ACCESS_KINDS)


def format_dietary(answer: str) -> str:
    """Return the kinds of dietary requirements of an answer."""
    return format_kinds(answer, DIETARY_KINDS)
