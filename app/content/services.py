"""Deeds on what is written: each save is a version of its own, and none is ever lost.

Pages and news have them all; links and the urgent notice share what versions are about.

Whoever saves says which version was the newest when they began; when there is a newer one by
now, nothing is saved, and ``Stale`` holds both. Every deed raises the edition.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from app import clock
from app.content import queries
from app.content.models import PAGE, Writing
from app.content.telling import ADDED, CHANGED, REMOVED, as_lines, differing, tell
from app.content.versions import FALLBACK, Key, Version, Wording, Writings
from app.database import db, hold
from app.edition import raise_edition
from app.errors import NotFound, Refused
from app.history.changes import Change
from app.web import words

LONGEST_SLUG = 60  # characters
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SHORTEST_SLUG = 3  # characters; fewer may be a language's
RESERVED = frozenset(  # addresses that are promised to the outside world, or will be needed
    """
    agenda api booking changes check-in feed feeds files health healthz letters my organise pages
    preview programme readyz register rehearsal releases robots rooms schedule search sessions
    sign-in sign-out site-map sitemap speak speakers static themes whats-new
    """.split()  # noqa: SIM905 – a list of words is read more easily so
)


class Stale(Refused):
    """Somebody else has saved a version since the page was opened."""

    def __init__(self, newest: int, differing: Sequence[Change]) -> None:
        super().__init__("Somebody else saved a version after you opened the page")
        self.version = newest  # to begin with next time
        self.differing = tuple(differing)


def add(folder: Path, wanted: Key, wording: Wording, *, taken: Collection[str], who: str) -> Key:
    """Write a page or a news item that has not been there; without an address it gets one."""
    hold(Writing)
    kind, slug = wanted.kind, wanted.slug or _address_of(wanted.kind, wording)
    _check_address(slug)
    reserved = RESERVED.union(taken) if kind == PAGE else frozenset[str]()
    if slug in reserved or slug in queries.written(folder).slugs(kind):
        raise Refused(f"Something else has the address {slug}: choose another")
    key = Key(kind, slug, FALLBACK)
    begin(key, wording, who=who)
    return key


def begin(key: Key, wording: Wording, *, who: str) -> None:
    """Write the first version of a text."""
    _write(key, wording, number=1, who=who)
    tell(key, ADDED, wording, who)


def save(folder: Path, key: Key, wording: Wording, *, seen: int, who: str) -> bool:
    """Write the next version of a text; tell whether there was anything new to write."""
    hold(Writing)
    writings = queries.written(folder)
    newest = _newest(writings, key)
    made = differing(newest, queries.body(folder, newest) if newest else "", wording)
    if newest and not newest.is_removed and not made and _stays(newest, wording):
        return False
    _check_seen(newest, seen, made)
    _write(key, wording, number=seen + 1, who=who)
    tell(key, CHANGED, wording, who)
    return True


def bring_back(folder: Path, key: Key, number: int, *, seen: int, who: str) -> None:
    """Let readers see an old version again, or what was shipped: at once, as a new version."""
    hold(Writing)
    writings = queries.written(folder)
    _check_seen(writings.newest(key), seen, ())
    old = version(writings, key, number)
    if old.is_removed:
        raise Refused("That version took the text away, so it has no words to bring back")
    now = clock.now()
    day = words.local_day(now) if key.kind == PAGE else old.dated_on
    ends_at = None if old.is_over(now) else old.ends_at
    wording = Wording(old.title, old.summary, queries.body(folder, old), day, ends_at=ends_at)
    _write(key, wording, number=seen + 1, who=who)
    what = f"was brought back as it was in version {number}" if number else "is as shipped again"
    tell(key, what, wording, who)


def remove(folder: Path, key: Key, *, seen: int, who: str) -> None:
    """Take a text away, at once; its versions stay, and each can be brought back."""
    hold(Writing)
    writings = queries.written(folder)
    newest = writings.newest(key)
    _check_seen(newest, seen, ())
    if newest is None or newest.is_removed:
        raise Refused("It has been taken away already")
    if not may_be_removed(writings, key):
        raise Refused("Other pages of the site lead to this one, so it cannot be taken away")
    gone = Wording(newest.title, newest.summary, "", newest.dated_on)
    told = replace(gone, body=queries.body(folder, newest))
    _write(key, gone, number=seen + 1, who=who, is_removed=True)
    tell(key, REMOVED, told, who)


def may_be_removed(writings: Writings, key: Key) -> bool:
    """Whether a text can go: what the site itself leads to stays in English."""
    return key.kind != PAGE or key.language != FALLBACK or key not in writings.shipped


def version(writings: Writings, key: Key, number: int) -> Version:
    """Find one version of a text."""
    known = [*filter(None, [writings.shipped.get(key)]), *writings.of(key)]
    for one in known:
        if one.number == number:
            return one
    raise NotFound("There is no such version")


def _newest(writings: Writings, key: Key) -> Version | None:
    """Find the newest version; English must be there before other languages."""
    if writings.newest(Key(key.kind, key.slug, FALLBACK)) is None:
        raise NotFound("There is no such text")
    return writings.newest(key)


def _stays(newest: Version, wording: Wording) -> bool:
    """Whether the newest version appears when the wording is to."""
    if wording.appears_at is None:
        return newest.has_come(clock.now())
    return wording.appears_at == newest.appears_at


def _check_seen(newest: Version | None, seen: int, made: Sequence[Change]) -> None:
    number = newest.number if newest else 0
    if number != seen:
        raise Stale(number, made)


def _check_address(slug: str) -> None:
    if not SLUG.fullmatch(slug) or not SHORTEST_SLUG <= len(slug) <= LONGEST_SLUG:
        raise Refused(
            "An address is made of small letters a to z, numbers and hyphens: 3 to 60 of them"
        )


def _address_of(kind: str, wording: Wording) -> str:
    """Make an address of a title; a news item's begins with its day."""
    plain = unicodedata.normalize("NFKD", wording.title.casefold().replace("’", ""))
    bare = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")
    begins = "" if kind == PAGE else f"{wording.dated_on.isoformat()}-"
    return f"{begins}{bare}"[:LONGEST_SLUG].rstrip("-")


def _write(key: Key, wording: Wording, *, number: int, who: str, is_removed: bool = False) -> None:
    now = clock.now()
    db.session.add(
        Writing(
            kind=key.kind,
            slug=key.slug,
            language=key.language,
            version=number,
            title=wording.title,
            summary=wording.summary,
            body=as_lines(wording.body),
            dated_on=wording.dated_on,
            appears_at=wording.appears_at or now,
            ends_at=wording.ends_at,
            is_removed=is_removed,
            who=who,
            written_at=now,
        )
    )
    db.session.flush()
    raise_edition()
