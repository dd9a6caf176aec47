"""Which roles may read and which may change each area of the admin."""

from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.accounts.models import DESK, EDITOR, ORGANISER, ROLES, VIEWER

EVERYONE = frozenset(ROLES)
ROLE_NAMES: Final[dict[str, Any]] = {
    ORGANISER: _l("Organiser"),
    EDITOR: _l("Programme editor"),
    DESK: _l("Registration desk"),
    VIEWER: _l("Viewer"),
}


@dataclass(frozen=True)
class Area:
    """An area of the admin: which roles may read it and which may change it."""

    read_roles: frozenset[str]
    write_roles: frozenset[str]


HOME = Area(read_roles=EVERYONE, write_roles=EVERYONE)
PROGRAMME = Area(read_roles=EVERYONE, write_roles=frozenset({ORGANISER, EDITOR}))
CONTENT = PROGRAMME  # pages, news, links, the urgent notice
DELEGATES = Area(
    read_roles=frozenset({ORGANISER, DESK, VIEWER}), write_roles=frozenset({ORGANISER, DESK})
)
EMAIL_TEXTS = Area(
    read_roles=DELEGATES.read_roles, write_roles=frozenset({ORGANISER})
)  # a preview may show a delegate's data
INVITATIONS = Area(
    read_roles=frozenset({ORGANISER, DESK}), write_roles=frozenset({ORGANISER})
)  # reading a code is enough to use it
MAILINGS = Area(
    read_roles=DELEGATES.read_roles, write_roles=frozenset({ORGANISER})
)  # emails to many people
QUESTIONS = Area(
    read_roles=DELEGATES.read_roles, write_roles=frozenset({ORGANISER})
)  # what people are asked at registration
REQUIREMENT_CASES = Area(
    read_roles=frozenset({ORGANISER, DESK}), write_roles=frozenset({ORGANISER, DESK})
)  # what delegates require, with their names
SPEAKER_NEEDS = Area(
    read_roles=frozenset({ORGANISER, DESK}), write_roles=frozenset({ORGANISER, DESK})
)
PRIVATE_AREAS = (REQUIREMENT_CASES, SPEAKER_NEEDS)  # not for everyone who can see delegates
SETTINGS = Area(read_roles=EVERYONE, write_roles=frozenset({ORGANISER}))
HISTORY = Area(read_roles=frozenset({ORGANISER, VIEWER}), write_roles=frozenset({ORGANISER}))
TEAM = Area(read_roles=frozenset({ORGANISER}), write_roles=frozenset({ORGANISER}))
LOOK = TEAM  # logo and colours of the site
