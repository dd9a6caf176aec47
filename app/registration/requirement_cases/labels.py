"""The labels of requirements and of the states of their cases."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.delegates import private_answers
from app.delegates.requirement_kinds import REQUIREMENT_TYPES
from app.delegates.requirement_models import ARRANGED, IN_PROGRESS, NOT_POSSIBLE, OPEN, WORDS
from app.registration.requirement_cases.queries import OpenedCase

STATE_NAMES: Final[Mapping[str, Any]] = {  # for the team
    OPEN: _l("Open"),
    IN_PROGRESS: _l("In progress"),
    ARRANGED: _l("Arranged"),
    NOT_POSSIBLE: _l("Cannot be arranged"),
}
PUBLIC_STATE_NAMES: Final[Mapping[str, Any]] = {  # for the delegate
    OPEN: _l("Received"),
    IN_PROGRESS: _l("We are arranging this"),
    ARRANGED: _l("Arranged"),
    NOT_POSSIBLE: _l("We cannot arrange this"),
}
STATE_LOOKS: Final[Mapping[str, str]] = {ARRANGED: "strong", NOT_POSSIBLE: "warning"}  # of its tag


def name_requirement(opened: OpenedCase) -> str:
    """Return the label of the requirement, in the language of the page."""
    if opened.kind == WORDS:
        return str(gettext("In their own words"))
    return _name_kind(opened)


def name_own_requirement(opened: OpenedCase) -> str:
    """Return the label of the requirement for the delegate."""
    if opened.kind == WORDS:
        return str(gettext("What you wrote in your own words"))
    return _name_kind(opened)


def show_text(text: str) -> str:
    """Return a text of a case, or a sentence in place of one that cannot be decrypted."""
    return private_answers.show(text) if private_answers.is_unreadable(text) else text


def _name_kind(opened: OpenedCase) -> str:
    kind = opened.kind
    if private_answers.is_unreadable(kind):
        return private_answers.show(kind)
    return str(REQUIREMENT_TYPES[opened.row.type].kinds.get(kind, kind))
