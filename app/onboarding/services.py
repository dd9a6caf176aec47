"""Remove the example completely, and start a new conference or load the example again.

A conference is removed in one transaction, so nothing is ever left half done. This is refused once
a real person has registered. The team, its sign-ins, the history and the emails to the team stay.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

from sqlalchemy import delete, func, or_, select, update

from app.accounts.models import FORMER, LoginSession, Person, SignInLink
from app.cache_version import bump_cache_version
from app.content import starter_texts
from app.database import Base, db, lock_table
from app.delegates.models import CONFERENCE
from app.errors import RuleViolation, StaleEdit
from app.history import services as history
from app.interchange import apply_import
from app.interchange import services as interchange
from app.interchange.importers.parsed_programme import (
    ParsedConference,
    ParsedProgramme,
    ParsedRoom,
    ParsedTheme,
)
from app.interchange.importers.text import SlugAllocator
from app.mail.models import Email
from app.onboarding import queries
from app.programme.editing import speakers
from app.programme.models import Conference, Session
from app.programme.slugs import slugify
from app.questions import services as questions
from app.questions.models import REGISTRATION
from app.registration import seats
from app.releases import services as releases
from app.speakers.models import SessionOwner, SpeakerAccess

MAX_ACRONYM: Final = 40  # characters, before the year
KEPT_TABLES: Final = frozenset(  # all others belong to the conference, and are emptied
    {
        *("person", "sign_in_link", "login_session", "passkey", "recovery_code"),
        *("rate_limit_hit", "site_state", "history_entry", "email", "mail_domain"),
        *("column_mapping", "saved_view", "email_text_version"),
        *(  # people's choices, which stay valid
            "suppressed_address",
            "unsubscribe_key",
            "mailbox_position",
        ),
    }
)


@dataclass(frozen=True)
class NewConference:
    """The values an organiser enters for a new conference."""

    title: str
    starts_on: date
    ends_on: date
    time_zone: str
    place: str = ""
    contact_email: str = ""
    places: int | None = None  # None: not decided
    rooms: Sequence[str] = ()
    themes: Sequence[str] = ()


class PeopleRegistered(RuleViolation):
    """Real people have registered, so nothing may be removed."""

    def __init__(self) -> None:
        super().__init__("You cannot replace this conference because people have registered for it")


class StaleInventory(StaleEdit):
    """What would be removed has changed since it was shown."""

    message = (
        "Someone changed the conference after you opened this page, so nothing has been deleted. "
        "Check what will be deleted, then try again"
    )


def start(
    folder: Path, requested: NewConference, *, expected_fingerprint: str | None, actor: str
) -> None:
    """Remove the current conference, and publish an empty one; None skips the check."""
    _check(requested)
    removed = _remove_everything(expected_fingerprint)
    apply_import.replace(_build_programme(folder, requested))
    if requested.places is not None:
        seats.set_limit(CONFERENCE, requested.places)
    starter_texts.replace_example_texts(folder, actor=actor)
    _record(f"The conference “{requested.title}” was started", removed, actor)
    releases.create_release(actor=actor)


def load_example_again(folder: Path, *, expected_fingerprint: str | None, actor: str) -> None:
    """Remove the current conference, and load and publish the example."""
    removed = _remove_everything(expected_fingerprint)
    _record("The example conference was loaded", removed, actor)
    load_example(folder)


def load_example(folder: Path) -> None:
    """Load the example into an empty site, and publish it."""
    seats.lock_if_set(CONFERENCE)  # before loading locks the cache version
    result = interchange.load_file(folder / queries.EXAMPLE_FILE)
    if result.programme.conference.places is not None:
        seats.set_default_limit(CONFERENCE, result.programme.conference.places)
    is_meal = Session.slug.in_(queries.EXAMPLE_MEALS)
    db.session.execute(update(Session).where(is_meal).values(serves_food=True))
    releases.create_release()


def keep_example(*, actor: str) -> None:
    """Record that the example is kept, so that the question is not asked again."""
    history.record("The example was kept", subject=queries.KEEPING_SUBJECT, actor=actor)


def remove_example_texts(folder: Path, *, actor: str) -> int:
    """Remove the news and pages of the example; return their number."""
    return starter_texts.replace_example_texts(folder, actor=actor)


def _check(requested: NewConference) -> None:
    if requested.ends_on < requested.starts_on:
        raise RuleViolation("The last day cannot be before the first")
    if requested.time_zone not in available_timezones():
        raise RuleViolation("Enter a time zone in the correct format, like Europe/London")


def _remove_everything(expected_fingerprint: str | None) -> queries.ReplacementPreview:
    """Remove everything that belongs to a conference, and return the inventory."""
    lock_table(Conference)
    speakers.lock_deletions()
    seats.lock_if_set(CONFERENCE)  # blocks registration from here on
    found = queries.get_replacement_preview()
    if found.has_real_delegates:
        raise PeopleRegistered
    if expected_fingerprint not in {None, found.fingerprint}:
        raise StaleInventory
    _remove_former_people()
    _delete_rows()
    questions.add_standard(REGISTRATION)
    bump_cache_version()
    return found


def _delete_rows() -> None:
    """Delete the rows of every table that is not kept, and expunge the database session."""
    db.session.flush()
    for table in reversed(Base.metadata.sorted_tables):
        if table.name not in KEPT_TABLES:
            db.session.execute(delete(table))
    for row in list(db.session):
        if getattr(row, "__tablename__", "") not in KEPT_TABLES:
            db.session.expunge(row)


def _remove_former_people() -> None:
    """Remove speakers, their assistants, and emails to people outside the team."""
    outsiders = select(Person.id).where(
        Person.role == FORMER,
        or_(
            Person.id.in_(select(SpeakerAccess.person_id)),
            Person.id.in_(select(SessionOwner.person_id)),
        ),
    )
    ids = db.session.scalars(outsiders).all()
    team = select(func.lower(Person.email)).where(Person.role != FORMER)
    db.session.execute(delete(Email).where(func.lower(Email.recipient).not_in(team)))
    for model in (SpeakerAccess, SessionOwner, LoginSession, SignInLink):
        db.session.execute(delete(model).where(model.person_id.in_(ids)))
    db.session.execute(delete(Person).where(Person.id.in_(ids)))


def _build_programme(folder: Path, requested: NewConference) -> ParsedProgramme:
    conference = ParsedConference(
        acronym=_choose_acronym(requested, {queries.get_example_acronym(folder)}),
        title=requested.title,
        subtitle="",
        starts_on=requested.starts_on,
        ends_on=requested.ends_on,
        time_zone=requested.time_zone,
        place=requested.place,
        contact_email=requested.contact_email,
    )
    rooms, themes = SlugAllocator("room"), SlugAllocator("theme")
    slugs = [rooms.allocate(name) for name in requested.rooms]
    return ParsedProgramme(
        conference=conference,
        themes=tuple(ParsedTheme(themes.allocate(name), name) for name in requested.themes),
        rooms=tuple(
            ParsedRoom(slug, name, slug) for slug, name in zip(slugs, requested.rooms, strict=True)
        ),
        speakers=(),
        sessions=(),
    )


def _choose_acronym(requested: NewConference, taken: Collection[str]) -> str:
    """Return an acronym, by which other software identifies the conference."""
    base = slugify(requested.title)[:MAX_ACRONYM].strip("-") or "conference"
    year = str(requested.starts_on.year)
    acronym = base if base.endswith(year) else f"{base}-{year}"
    return f"{acronym}-2" if acronym in taken else acronym


def _record(summary: str, removed: queries.ReplacementPreview, actor: str) -> None:
    """Record what was done, and what was removed."""
    if removed.title:
        summary = f"{summary}. “{removed.title}” was deleted: {describe(removed.inventory)}"
    history.record(summary, subject="conference", actor=actor)


def describe(inventory: queries.Inventory) -> str:
    """Describe what was removed, in English, for the history and the terminal."""
    counts = [f"{number} {name}" for name, number in vars(inventory).items() if number]
    return ", ".join(counts) or "nothing else"
