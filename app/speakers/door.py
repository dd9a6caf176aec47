"""Which speaker a page is about: one whose pages the person who is signed in keeps.

A view asks ``door.speaker(slug)`` first. Another's pages are not found, whoever asks.
"""

from app.accounts import guards
from app.accounts.models import Person
from app.errors import NotAllowed
from app.programme.models import Speaker
from app.speakers import queries
from app.speakers.models import Keeping


def person() -> Person:
    """Give who is signed in, behind the guard that has seen them."""
    found = guards.current_person()
    if found is None:
        raise NotAllowed(guards.NO_PAGES)
    return found


def keeping(slug: str) -> Keeping:
    """Give by what right this person keeps a speaker's pages: their own, or as an assistant."""
    return queries.keeping(person(), slug)


def speaker(slug: str) -> Speaker:
    """Give the speaker whose pages these are, if this person keeps them."""
    return keeping(slug).speaker


def who() -> str:
    """Tell under which address the history keeps what is being done."""
    return person().email
