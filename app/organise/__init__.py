"""The back office: one door, one guard, and no rules of its own.

Every part is registered on this blueprint and inherits the guard, so none can forget it; each
has besides the guard that says which roles read it and which change it.
"""

from functools import partial
from typing import Any

from app.accounts import guards, roles
from app.organise import done, menu
from app.organise.board.views import pages as board
from app.organise.delegates.views import pages as delegates
from app.organise.files.views import pages as files
from app.organise.history.views import pages as history
from app.organise.letters.views import pages as letters
from app.organise.people.views import pages as people
from app.organise.previews.views import pages as previews
from app.organise.proposals.views import pages as proposals
from app.organise.publishing.views import pages as publishing
from app.organise.rehearsal.views import pages as rehearsal
from app.organise.rooms.views import pages as rooms
from app.organise.sessions.views import pages as sessions
from app.organise.settings.views import pages as settings
from app.organise.speakers.views import pages as speakers
from app.organise.speaking.needs import pages as speaker_needs
from app.organise.speaking.views import pages as speaking
from app.organise.themes.views import pages as themes
from app.organise.undo.views import pages as undo
from app.organise.views import pages
from app.organise.writing.views import pages as writing

__all__ = ["pages"]

PARTS = (
    (sessions, roles.PROGRAMME),
    (speakers, roles.PROGRAMME),
    (proposals, roles.PROGRAMME),
    (speaking, roles.PROGRAMME),
    (speaker_needs, roles.SPEAKERS_NEEDS),
    (rooms, roles.PROGRAMME),
    (themes, roles.PROGRAMME),
    (board, roles.PROGRAMME),
    (publishing, roles.PROGRAMME),
    (previews, roles.PROGRAMME),
    (files, roles.PROGRAMME),
    (undo, roles.PROGRAMME),
    (delegates, roles.DELEGATES),
    (letters, roles.DELEGATES),
    (writing, roles.WORDS),
    (settings, roles.SETTINGS),
    (rehearsal, roles.HOME),
    (history, roles.HISTORY),
    (people, roles.PEOPLE),
)


def _what_is_open(access: roles.Part) -> dict[str, bool]:
    """Tell the pages of a part whether to offer what changes something."""
    return {"may_change": guards.may_change(access)}


def _menu() -> dict[str, Any]:
    person = guards.current_person()
    return {"menu": menu.of(person) if person else (), "pages_above": menu.pages_above}


def _what_was_done() -> dict[str, str]:
    return {"done_note": done.said()}


pages.before_request(guards.require_a_part)
pages.context_processor(_menu)
pages.context_processor(_what_was_done)
pages.context_processor(guards.when_it_ends)
for part, access in PARTS:
    part.before_request(guards.only_for(access))
    part.context_processor(partial(_what_is_open, access))
    pages.register_blueprint(part)
