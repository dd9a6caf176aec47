"""The table of the editable fields of sessions."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from app import clock
from app.database import db
from app.errors import RuleViolation
from app.forms.fields import MARKDOWN_HINT, PUBLIC_HINT
from app.programme import queries as programme
from app.programme import slugs
from app.programme.fields.table import (
    LANGUAGE,
    LINKS,
    MAX_WORD_LENGTH,
    MAX_WORDS,
    MOMENT,
    N_,
    NUMBER,
    PROSE,
    REFERENCE,
    WORDS,
    YES_NO,
    Column,
    Field,
    FieldTable,
    Kind,
    Question,
    load_moment,
)
from app.programme.models import (
    BOOKABLE,
    CANCELLED,
    CONFIRMED,
    DRAFT,
    WITHDRAWN,
    Appearance,
    Room,
    Session,
    Speaker,
    Theme,
)
from app.web.formatting import format_time

MAX_DURATION: Final = timedelta(hours=24)
MAX_DISTANCE: Final = timedelta(days=366)  # before the first or after the last day
MAX_TEXT_LENGTH: Final = 50_000  # characters; the same limit as in imported files
seat_checks: list[Callable[[Session], None]] = []  # what packages above this one ask of a session


def _check(session: Session) -> None:
    """Raise RuleViolation if the times or the seats contradict each other."""
    _check_times(session)
    if session.booking == BOOKABLE:
        _check_seats(session)
    for check in seat_checks:
        check(session)


def _check_seats(session: Session) -> None:
    """Raise RuleViolation if there are no seats to book, or more than the room has."""
    capacity = session.room.capacity if session.room else None
    if not session.booking_seats:
        raise RuleViolation(
            "Enter the number of seats, or choose a room with a known capacity. People can only "
            "book seats if the number of seats is known"
        )
    if session.seats and capacity and session.seats > capacity and not session.seats_reason:
        raise RuleViolation(
            f"The room has {capacity} seats, so there cannot be {session.seats} to book. Enter "
            "fewer, or give the reason for more"
        )


def _check_times(session: Session) -> None:
    """Raise RuleViolation if the start and end contradict each other."""
    if session.ends_at is None:
        return
    if session.starts_at is None:
        raise RuleViolation("Enter a start time as well as an end time")
    if session.ends_at <= session.starts_at:
        raise RuleViolation("A session must end after it starts")
    if session.ends_at - session.starts_at > MAX_DURATION:
        raise RuleViolation("A session cannot last longer than 24 hours")


def _check_distance(value: str | None) -> datetime | None:
    """Return the moment; raise RuleViolation if it is too far from the conference."""
    moment = load_moment(value)
    days = programme.get_conference()
    if moment and not (
        days.starts_on - MAX_DISTANCE <= moment.date() <= days.ends_on + MAX_DISTANCE
    ):
        raise RuleViolation("A session cannot be more than a year away from the conference")
    return moment


def _set_starts_at(session: Session, value: str | None) -> None:
    session.starts_at = _check_distance(value)


def _set_ends_at(session: Session, value: str | None) -> None:
    session.ends_at = _check_distance(value)


def _set_theme(session: Session, key: str | None) -> None:
    session.theme = _find_or_refuse(Theme, Theme.key == key, "That theme has been deleted", key)


def _set_room(session: Session, key: str | None) -> None:
    session.room = _find_or_refuse(Room, Room.key == key, "That room has been deleted", key)


def _set_state(session: Session, state: str) -> None:
    """Set the state; a public session can be cancelled but not made a draft."""
    if state == DRAFT and programme.is_public(session):
        raise RuleViolation("It has been published, so it cannot be a draft. Cancel it instead")
    session.withdrawn_at = clock.now() if state == WITHDRAWN else None
    session.cancelled_at = clock.now() if state == CANCELLED else None
    if state in {DRAFT, CONFIRMED}:
        session.is_draft = state == DRAFT


def _set_appearances(session: Session, parts: Sequence[Sequence[str]]) -> None:
    """Set the speakers in order, reusing existing rows."""
    known = {(one.speaker.key, one.role): one for one in session.appearances}
    speakers = _speakers_by_key([key for key, _ in parts])
    if any(key not in speakers for key, _ in parts):
        raise RuleViolation("One of these speakers has been deleted")
    found = [
        known.get((key, role)) or Appearance(speaker=speakers[key], role=role)
        for key, role in parts
    ]
    for position, appearance in enumerate(found):
        appearance.position = position
    session.appearances = found


def _find_or_refuse(
    model: type[Any], condition: ColumnElement[bool], message: str, key: str | None
) -> Any:
    if not key:
        return None
    found = db.session.scalar(select(model).where(condition))
    if found is None:
        raise RuleViolation(message)
    return found


def _speakers_by_key(keys: Sequence[str]) -> dict[str, Speaker]:
    found = db.session.scalars(select(Speaker).where(Speaker.key.in_(keys))) if keys else ()
    return {speaker.key: speaker for speaker in found}


def _display_moment(value: str) -> str:
    """Format a datetime in the conference's time zone: 9:30am on Thursday 6 November 2008."""
    zone = ZoneInfo(programme.get_conference().time_zone)
    local = datetime.fromisoformat(value).astimezone(zone)
    return f"{format_time(local)} on {local:%A} {local.day} {local:%B} {local.year}"


def _display_theme(key: str) -> str:
    return db.session.scalar(select(Theme.name).where(Theme.key == key)) or key


def _display_booking(mode: str) -> str:
    return "people book a seat" if mode == BOOKABLE else "open to all"


def _display_room(key: str) -> str:
    return db.session.scalar(select(Room.name).where(Room.key == key)) or key


def _display_appearances(parts: Sequence[Sequence[str]]) -> str:
    """Format the speakers: Ada Marsh (chair), João Maré (speaker)."""
    asked = select(Speaker.key, Speaker.name).where(Speaker.key.in_([key for key, _ in parts]))
    names = {one.key: one.name for one in db.session.execute(asked)}
    return ", ".join(f"{names.get(key, key)} ({role})" for key, role in parts)


APPEARANCES: Final = Kind(normalise=LINKS.normalise)  # [[speaker key, role], …] in order
SESSION_FIELDS: Final = FieldTable[Session](
    lambda session: f"session {session.key}",
    lambda session: session.title,
    _check,
    Field(
        "title",
        N_("Title"),
        column=Column(
            "title talk titel titre titulo",
            _l("The title of the session. This is the only required column"),
            "Fair financing",
        ),
        is_proposed=True,
    ),
    Field(
        "subtitle",
        N_("Subtitle"),
        column=Column("subtitle untertitel soustitre", _l("A second line of the title")),
        question=Question(_l("Subtitle (optional)"), _l("The subtitle"), PUBLIC_HINT),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "kind",
        N_("Type"),
        column=Column(
            "kind type sessiontype format art",
            _l("Plenary, parallel session, break, workshop or another type"),
            "Plenary",
            heading="Kind",
        ),
        filter_name="kind",
    ),
    Field(
        "theme",
        N_("Theme"),
        REFERENCE,  # its slug
        column=Column(
            "theme track topic stream thema theme tema",
            _l("The name of the theme. New themes are added"),
            "Fair financing",
        ),
        get=lambda session: session.theme.key if session.theme else None,
        set=_set_theme,
        display=_display_theme,
        file_name="",
    ),
    Field(
        "room",
        N_("Room"),
        REFERENCE,  # its key
        column=Column(
            "room location place venue hall raum salle sala",
            _l("The name of the room. New rooms are added"),
            "Main hall",
        ),
        get=lambda session: session.room.key if session.room else None,
        set=_set_room,
        display=_display_room,
        file_name="",
    ),
    Field(
        "starts_at",
        N_("Start"),
        MOMENT,
        set=_set_starts_at,
        display=_display_moment,
    ),
    Field("ends_at", N_("End"), MOMENT, set=_set_ends_at, display=_display_moment),
    Field(
        "abstract",
        N_("Abstract"),
        PROSE,
        column=Column(
            "abstract summary kurzfassung resume resumen",
            _l("What the session is about"),
            "Who pays for health, and who should.",
        ),
        question=Question(
            _l("Abstract (optional)"), _l("The abstract"), MARKDOWN_HINT, MAX_TEXT_LENGTH
        ),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "description",
        N_("Description"),
        PROSE,
        column=Column("description details beschreibung descripcion", _l("More details")),
        question=Question(
            _l("Description (optional)"), _l("The description"), MARKDOWN_HINT, MAX_TEXT_LENGTH
        ),
        is_proposed=True,
        is_searched=True,
    ),
    Field(
        "language",
        N_("Language"),
        LANGUAGE,
        column=Column("language sprache langue idioma", _l("The language code: en, fr, es"), "en"),
        question=Question(
            _l("Language (optional)"),
            _l("The language"),
            _l("Public. The code of the language spoken, like en, fr or pt-BR"),
            attributes={"autocomplete": "off", "spellcheck": "false"},
        ),
        filter_name="language",
    ),
    Field(
        "is_illustrative",
        N_("Illustrative"),
        YES_NO,
        file_name="illustrative",
        column=Column("illustrative"),
        question=Question(
            _l(
                "This is an example, not a confirmed session. It is marked as illustrative (public)"
            ),
            "",
            "",
        ),
    ),
    Field("state", N_("State"), is_public=False, set=_set_state, file_name=""),
    Field(
        "appearances",
        N_("Speakers"),
        APPEARANCES,
        is_public=False,  # snapshots have parts
        get=lambda session: [[one.speaker.key, one.role] for one in session.appearances],
        set=_set_appearances,
        display=_display_appearances,
        file_name="",
    ),
    Field(
        "links",
        N_("Links"),
        LINKS,
        column=Column(
            "links link url website",
            _l("Web addresses, one per line"),
            "https://conference.example/paper",
        ),
        is_proposed=True,
    ),
    Field(
        "licence",
        N_("Licence"),
        column=Column("licence license lizenz", is_exported=False),
        question=Question(
            _l("Licence (optional)"), _l("The licence"), _l("Public. For example CC BY 4.0")
        ),
    ),
    Field(
        "is_recorded",
        N_("Recorded"),
        YES_NO,
        file_name="recorded",
        column=Column("recorded recording"),
        question=Question(_l("It will be recorded (public)"), "", ""),
    ),
    Field(
        "keywords",
        N_("Keywords"),
        WORDS,
        column=Column(
            "keywords keyword tags schlagworter motscles palabrasclave",
            _l("Keywords separated by commas"),
            "tax, insurance",
        ),
        question=Question(
            _l("Keywords (optional)"),
            _l("The keywords"),
            _l("Public. Keywords for filtering the programme, separated by commas"),
            MAX_WORDS * (MAX_WORD_LENGTH + 2),
        ),
        is_proposed=True,
        is_searched=True,
        filter_name="keyword",
    ),
    Field("seats", N_("Seats"), NUMBER, is_public=False, file_name=""),
    Field(
        "booking",
        N_("Booking"),
        is_public=False,  # snapshots have the number of seats to book
        display=_display_booking,
        file_name="",
    ),
    Field("seats_reason", N_("Reason for more seats"), PROSE, is_public=False, file_name=""),
    Field(
        "serves_food",
        N_("Food is served"),
        YES_NO,
        file_name="",
        question=Question(
            _l("Food is served (not public). The caterer gets the number of people"), "", ""
        ),
        is_public=False,
    ),
    Field("notes", N_("Notes"), PROSE, is_public=False, file_name=""),
    slugs.make_field(
        _l(
            "Public. The last part of the page address. Leave empty to create it from the "
            "title. Old addresses redirect to the new one"
        )
    ),
)
