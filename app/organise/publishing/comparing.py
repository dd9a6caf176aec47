"""Which two programmes a page compares, and what it shows of that."""

from collections.abc import Sequence

from flask import request

from app.errors import Refused
from app.organise.publishing import queries
from app.organise.publishing.shown import Shown
from app.programme import document
from app.programme.proposals import queries as proposals
from app.programme.publishing import queries as publishing
from app.programme.publishing.comparison import compare
from app.programme.publishing.queries import Listed, Outlook

LONGEST_NUMBER = 10  # digits


def outlook(look: Outlook, whole: str = "") -> Shown:
    """Show what publishing would change."""
    found = look.comparison
    can_be_theirs = found.sessions.altered or found.speakers.altered
    authors = proposals.authors() if can_be_theirs else {}
    return Shown(found, queries.coming(), whole, old=look.current, authors=authors)


def two(old: int, new: int, whole: str = "") -> Shown:
    """Show what is different in the second of two releases."""
    before, after = (document.read(publishing.release(one).document) for one in (old, new))
    return Shown(compare(before, after), queries.coming(), whole, old=old, new=new)


def back_to(number: int) -> Shown:
    """Show what readers would see change if a release were made public again."""
    now, current = publishing.public(), publishing.conference().current_release or 0
    if number == current:
        raise Refused("Readers see this release already")
    after = publishing.as_shown_again(number)
    return Shown(compare(now, after), queries.coming(), old=current, new=number)


def asked(releases: Sequence[Listed]) -> tuple[int, int] | None:
    """Tell which two releases the address asks for: else the current one and the one before."""
    numbers = sorted(one.number for one in releases)
    chosen = [_number(request.args.get(name, "")) for name in ("from", "to")]
    if all(one in numbers for one in chosen):
        return chosen[0], chosen[1]
    return (numbers[-2], numbers[-1]) if len(numbers) > 1 else None


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < LONGEST_NUMBER else 0
