"""Rules for importing a programme: its number of places, protection for delegates, and undo."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from app.cache_version import bump_cache_version
from app.database import db, lock_table
from app.delegates.models import CONFERENCE, Delegate
from app.delegates.queries import ATTENDING
from app.errors import RuleViolation
from app.history import services as history
from app.history.models import HistoryEntry
from app.interchange import import_undo, uploads
from app.interchange import services as interchange
from app.interchange.demo import generator
from app.interchange.import_report import ImportResult
from app.interchange.importers.parsed_programme import ParsedConference, ParseResult
from app.interchange.uploads import FileReading, Upload
from app.programme import queries as programme
from app.programme import time_zones
from app.programme.models import Conference
from app.registration import conference_settings, demo, queries, seats

SEATS_NOTE: Final = "seats"  # the name of the note that undoes changes of places


ORGANISERS_ONLY: Final = (
    "Only organisers can load the first programme or a different conference, "
    "because it changes the settings"
)


class ConfirmationRequired(RuleViolation):
    """The file is for a different conference, which has not been confirmed."""


def check_booked_days(conference: ParsedConference) -> None:
    """Raise RuleViolation if a file of this conference lacks a day that people have booked."""
    if programme.has_conference() and programme.get_conference().acronym == conference.acronym:
        conference_settings.check_booked_days(conference.starts_on, conference.ends_on)


def load_file(reading: ParseResult, *, is_confirmed: bool, is_forced: bool) -> ImportResult:
    """Replace the working programme, and set the number of places."""
    lock_table(Conference)
    if not is_forced:
        check_booked_days(reading.programme.conference)
    was_demo = programme.is_demo()
    with _track_seats():
        loaded = interchange.load(reading, is_confirmed=is_confirmed)
        apply_seat_limit(loaded.programme.conference, was_demo=was_demo)
    return loaded


def merge_file(reading: ParseResult) -> ImportResult:
    """Merge a programme into the working one, and set the number of places unless it is set."""
    with _track_seats():
        loaded = interchange.merge(reading)
        apply_seat_limit(loaded.programme.conference, was_demo=programme.is_demo())
    return loaded


def load_demo(sessions: int, speakers: int, delegates: int) -> None:
    """Replace programme and delegates by invented ones; raise RuleViolation if any are real."""
    demo.require_no_real_delegates()
    with _track_seats():
        conference = interchange.load_demo(sessions, speakers).conference
        demo.delete_all()
        seats.set_limit(CONFERENCE, max(conference.places or 1, delegates))
        demo.create(generator.generate_delegates(delegates))


@contextmanager
def _track_seats() -> Iterator[None]:
    """Store what undoes the changes of this block to places and invented delegates.

    It is stored with the import within the block, if that changes anything.
    """
    lock_table(Conference)
    seats.lock_if_set(CONFERENCE)
    stored, limit, invented = import_undo.get_stored_entry_id(), _find_limit(), demo.count_all()
    yield
    db.session.flush()
    if import_undo.get_stored_entry_id() != stored:
        note = {"limit": limit, "limit_after": _find_limit(), "invented": invented}
        import_undo.add_note(SEATS_NOTE, note)


def apply_seat_limit(conference: ParsedConference, *, was_demo: bool) -> None:
    """Set the number of places unless it is set already; delete invented delegates."""
    if was_demo and not programme.is_demo():
        demo.delete_all()
        if conference.places is not None:
            seats.set_limit(CONFERENCE, conference.places)
    elif conference.places is not None:
        seats.set_default_limit(CONFERENCE, conference.places)


def has_real_delegates() -> bool:
    """Return True if real people have registered."""
    real = select(func.count()).select_from(Delegate).where(Delegate.is_demo.is_(False))
    return bool(db.session.scalar(real))


@dataclass(frozen=True)
class LoadAnswers:
    """A user's answers about a dry run."""

    fingerprint: str  # of the dry run that was shown
    is_confirmed: bool = False  # that the file is for a different conference
    time_zone: str = ""  # of the conference, if the file only has an offset from UTC


def load(
    upload: Upload,
    reading: FileReading,
    answers: LoadAnswers,
    *,
    actor: str,
    keeps_settings: bool,
) -> ImportResult | None:
    """Import a file as its dry run showed.

    If that is out of date, was for a user with other rights, or there are now questions about the
    table, repeat it and return None.
    """
    lock_table(Conference)
    if reading.result is None or not _is_current(upload, answers, keeps_settings=keeps_settings):
        uploads.dry_run(upload, reading, keeps_settings=keeps_settings)
        return None
    dry_run = uploads.get_dry_run_result(upload)
    if dry_run.needs_settings:
        raise RuleViolation(ORGANISERS_ONLY)
    if dry_run.is_another:
        _check_other_conference(is_confirmed=answers.is_confirmed)
    if keeps_settings:
        return _load_without_settings(upload, reading.result, actor)
    return _load_with_settings(upload, reading.result, answers, actor)


def _is_current(upload: Upload, answers: LoadAnswers, *, keeps_settings: bool) -> bool:
    if not uploads.matches_fingerprint(upload, answers.fingerprint):
        return False
    return uploads.get_dry_run_result(upload).keeps_settings == keeps_settings


def _load_without_settings(upload: Upload, reading: ParseResult, actor: str) -> ImportResult:
    """Import a programme into the existing conference, keeping its settings and places."""
    keeps_places = lacks_places() and reading.programme.conference.places is not None
    loaded = uploads.load(upload, reading, actor=actor, keeps_settings=True)
    loaded.changes.kept_settings += ["places"] if keeps_places else []
    return loaded


def _load_with_settings(
    upload: Upload, reading: ParseResult, answers: LoadAnswers, actor: str
) -> ImportResult:
    if not upload.is_merged:
        check_booked_days(reading.programme.conference)
    was_demo = programme.is_demo()
    with _track_seats():
        loaded = uploads.load(upload, reading, actor=actor, keeps_settings=False)
        apply_seat_limit(loaded.programme.conference, was_demo=was_demo)
    if answers.time_zone:
        _set_time_zone(answers.time_zone, loaded, actor)
    return loaded


def lacks_places() -> bool:
    """Return True if the number of places is not set, so that a file may set it."""
    return _find_limit() is None


def _set_time_zone(time_zone: str, loaded: ImportResult, actor: str) -> None:
    """Set the time zone of the working programme; undoing the import undoes it too."""
    conference = programme.get_conference()
    if conference.time_zone == time_zone:
        return
    before, after = map(time_zones.place_name, (conference.time_zone, time_zone))
    conference.time_zone = time_zone
    conference.version += 1
    bump_cache_version()
    summary = f"The conference: time zone changed from {before} to {after}"
    history.record(summary, subject="conference", actor=actor)
    if loaded.changes:
        import_undo.refresh_fingerprint()


def undo(*, actor: str) -> HistoryEntry:
    """Undo the last import, unless real people have registered for its conference."""
    if import_undo.replaces_conference() and has_real_delegates():
        raise RuleViolation(
            "You cannot replace the current conference because people have registered for it"
        )
    lock_table(Conference)
    seats.lock_if_set(CONFERENCE)
    plan = _plan_seats()
    entry = import_undo.undo(actor=actor)
    if plan is not None:
        _restore_seats(plan)
    return entry


def undo_changes_settings() -> bool:
    """Return True if undoing the last import needs permission to change settings."""
    return import_undo.changes_settings() or bool(describe_undo())


def describe_undo() -> Sequence[str]:
    """Describe what undoing the last import does to places and invented delegates, or forbids."""
    plan = _plan_seats()
    return plan.sentences if plan else ()


@dataclass(frozen=True)
class SeatsPlan:
    """What undoing an import does to places and invented delegates."""

    limit: int | None  # None: no limit
    invented: int
    sentences: Sequence[str]


def _plan_seats() -> SeatsPlan | None:
    """Return the plan for undoing the last import; None if nothing was stored about it."""
    note = import_undo.find_note(SEATS_NOTE)
    if note is None:
        return None
    invented, about_invented = _plan_invented(note["invented"])
    taken = _count_real() + invented
    limit, about_limit = _plan_limit(note, taken)
    if invented and (limit or 0) < taken:
        invented, about_invented = (
            0,
            "The invented delegates were not restored: there are too few places",
        )
    return SeatsPlan(limit, invented, [one for one in (about_limit, about_invented) if one])


def _plan_invented(before: int) -> tuple[int, str]:
    """Return the resulting number of invented delegates, and a sentence about it."""
    now = demo.count_all()
    if before == now:
        return now, ""
    if not before:
        return 0, f"{now} invented delegates are deleted"
    if has_real_delegates():
        return now, "The invented delegates were not restored: real people have registered"
    return before, (
        f"{before} invented delegates are restored, without the changes made to their bookings"
    )


def _plan_limit(note: dict[str, Any], taken: int) -> tuple[int | None, str]:
    """Return the resulting number of places, and a sentence about it."""
    before, now = note["limit"], _find_limit()
    if before == now:
        return now, ""
    if now != note["limit_after"]:
        return now, f"The number of places stays at {now}: it has been changed since"
    if (before or 0) < taken:
        return now, f"The number of places stays at {now}: {taken} are taken"
    if before is None:
        return None, f"The number of places is no longer set; it is {now} now"
    return before, f"The number of places changes from {now} back to {before}"


def _restore_seats(plan: SeatsPlan) -> None:
    if demo.count_all() != plan.invented:
        demo.delete_all()
    if plan.limit is None:
        seats.unset_limit(CONFERENCE)
    else:
        seats.set_limit(CONFERENCE, plan.limit)
    if demo.count_all() != plan.invented:
        demo.create(generator.generate_delegates(plan.invented))


def _find_limit() -> int | None:
    """Return the number of places, or None if it is not set."""
    return queries.get_seat_counts().limit or None


def _count_real() -> int:
    """Count the real people who have a place."""
    real = select(func.count()).select_from(Delegate)
    return db.session.scalar(real.where(ATTENDING, Delegate.is_demo.is_(False))) or 0


def _check_other_conference(*, is_confirmed: bool) -> None:
    if has_real_delegates():
        raise RuleViolation(
            "You cannot replace the current conference because people have registered for it"
        )
    if not is_confirmed:
        raise ConfirmationRequired("Select “Load this as a different conference”")
