"""Importing a programme: its number of places, and protection for delegates."""

from dataclasses import dataclass

from sqlalchemy import func, select

from app.cache_version import bump_cache_version
from app.database import db, lock_table
from app.errors import RuleViolation
from app.history.models import HistoryEntry
from app.interchange import import_undo, uploads
from app.interchange.import_report import ImportResult
from app.interchange.importers.parsed import ParsedConference
from app.interchange.uploads import FileReading, Upload
from app.programme import queries as programme
from app.programme.models import Conference
from app.registration import demo, seats
from app.registration.models import Delegate


class ConfirmationRequired(RuleViolation):
    """The file is for a different conference, which nobody has confirmed."""


def apply_seat_limit(conference: ParsedConference, *, was_demo: bool) -> None:
    """Set the number of places unless it is set already; delete invented delegates."""
    if was_demo and not programme.is_demo():
        demo.delete_all()
        if conference.places is not None:
            seats.set_limit(seats.CONFERENCE, conference.places)
    elif conference.places is not None:
        seats.set_default_limit(seats.CONFERENCE, conference.places)


def has_real_delegates() -> bool:
    """Return True if real people have registered."""
    real = select(func.count()).select_from(Delegate).where(Delegate.is_demo.is_(False))
    return bool(db.session.scalar(real))


@dataclass(frozen=True)
class LoadAnswers:
    """What somebody answered who was shown a dry run."""

    fingerprint: str  # of the dry run that was shown
    is_confirmed: bool = False  # that the file is for a different conference
    time_zone: str = ""  # of the conference, if the file only has an offset from UTC


def load(
    upload: Upload, reading: FileReading, answers: LoadAnswers, *, actor: str
) -> ImportResult | None:
    """Load what was read from a file as its dry run showed it.

    If that is out of date, or there are questions about the table now, repeat it and return None.
    """
    lock_table(Conference)
    if reading.result is None or not uploads.matches_fingerprint(upload, answers.fingerprint):
        uploads.dry_run(upload, reading)
        return None
    if uploads.get_dry_run_result(upload).is_another:
        _check_other_conference(is_confirmed=answers.is_confirmed)
    seats.lock_if_set(seats.CONFERENCE)
    was_demo = programme.is_demo()
    loaded = uploads.load(upload, reading.result, actor=actor)
    apply_seat_limit(loaded.programme.conference, was_demo=was_demo)
    if answers.time_zone:
        programme.get_conference().time_zone = answers.time_zone
        bump_cache_version()
    return loaded


def undo(*, actor: str) -> HistoryEntry:
    """Undo the last import, unless real people have registered for a conference that it brought."""
    if import_undo.replaces_conference() and has_real_delegates():
        raise RuleViolation(
            "You cannot replace the current conference because people have registered for it"
        )
    return import_undo.undo(actor=actor)


def _check_other_conference(*, is_confirmed: bool) -> None:
    if has_real_delegates():
        raise RuleViolation(
            "You cannot replace the current conference because people have registered for it"
        )
    if not is_confirmed:
        raise ConfirmationRequired("Select “Load this as a different conference”")
