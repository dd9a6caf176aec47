"""Who may read and who may change each part of the back office."""

from dataclasses import dataclass

from app.accounts.models import DESK, EDITOR, ORGANISER, ROLES, VIEWER

EVERYONE = frozenset(ROLES)


@dataclass(frozen=True)
class Part:
    """A part of the back office: who reads it, and who may change what is in it."""

    reads: frozenset[str]
    writes: frozenset[str]


HOME = Part(reads=EVERYONE, writes=EVERYONE)
PROGRAMME = Part(reads=EVERYONE, writes=frozenset({ORGANISER, EDITOR}))
WORDS = PROGRAMME  # pages, news, links, the urgent notice
DELEGATES = Part(reads=frozenset({ORGANISER, DESK, VIEWER}), writes=frozenset({ORGANISER, DESK}))
SPEAKERS_NEEDS = Part(reads=frozenset({ORGANISER, DESK}), writes=frozenset({ORGANISER, DESK}))
SETTINGS = Part(reads=EVERYONE, writes=frozenset({ORGANISER}))
HISTORY = Part(reads=frozenset({ORGANISER, VIEWER}), writes=frozenset({ORGANISER}))
PEOPLE = Part(reads=frozenset({ORGANISER}), writes=frozenset({ORGANISER}))
