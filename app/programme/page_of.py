"""What the page of a session and of a speaker is made from.

It is the same for readers and for whoever looks at the page before they do.
"""

from typing import Any

from app import clock
from app.programme import linked
from app.programme.cards import queries as cards
from app.programme.document import Session, Speaker
from app.programme.published import Programme
from app.programme.zones import Clocks
from app.web import languages


def session(programme: Programme, found: Session, clocks: Clocks) -> dict[str, Any]:
    """Give what ``programme/session.html`` shows."""
    return {
        "session": found,
        "clocks": clocks,
        "around": programme.around(found),
        "materials": found.open_materials(clock.now()),
        "card": cards.key_of(found, programme),
        "linked": linked.session(found, programme.conference),
    }


def speaker(programme: Programme, found: Speaker) -> dict[str, Any]:
    """Give what ``programme/speaker.html`` shows."""
    return {
        "speaker": found,
        "told": found.told_in(languages.current().code),
        "listing": programme.sessions_of(found),
        "linked": linked.speaker(found, programme.appearances_of(found)),
        "shares_name": programme.shares_name(found),
    }
