"""The kinds of access and dietary requirements to choose from.

An answer is stored as the codes of its kinds, separated by spaces, in alphabetical order. Codes
must never change, because answers contain them; pages show kinds in the order of these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.delegates.requirement_models import ACCESS, DIETARY
from app.forms.fields import DaysField
from app.forms.validators import one_of_choices


class KindsField(DaysField):
    """A multiple choice of kinds, as checkboxes."""


def kinds_field(label: Any) -> KindsField:
    """Return an optional field for several kinds."""
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
    """A type of requirements; each requirement of a person becomes a case, with its own pages."""

    name: str  # in URLs and in cases
    kinds: Mapping[str, Any]  # the choices
    label: Any  # in the team's pages
    own_label: Any  # for the delegate
    reply_label: Any  # of the page for the delegate's reply
    show_label: Any  # of the button that shows them to the team
    caution: Any  # shown on each page with requirements
    empty: Any  # shown on an empty list

    @property
    def kinds_name(self) -> str:
        """The name of the answer with the chosen kinds."""
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
        """The audit log's summary when a person has viewed the list."""
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
    """Format an answer for pages and files."""
    chosen = answer.split()
    return ", ".join(str(text) for code, text in texts.items() if code in chosen)


def format_access(answer: str) -> str:
    """Format the kinds of access requirements in an answer."""
    return format_kinds(answer, ACCESS_KINDS)


def format_dietary(answer: str) -> str:
    """Format the kinds of dietary requirements in an answer."""
    return format_kinds(answer, DIETARY_KINDS)
