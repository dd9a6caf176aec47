"""Uploaded programme files: a dry run at once, stored for a day, imported on request.

A dry run does everything that an import does, and rolls it back. Its result is stored with the
file and with a fingerprint of the working programme, so that nothing else is imported than what
the dry run showed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from sqlalchemy import (
    LargeBinary,
    Text,
    delete,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, load_only, mapped_column

from app import clock
from app.database import Base, db, lock_table
from app.errors import InvalidFile, NotFound
from app.interchange import column_mappings, import_report, matching, services
from app.interchange.import_report import ImportChanges, ImportResult, ReportSection
from app.interchange.importers import table_choices, table_overview
from app.interchange.importers.detect import read_bytes, read_sheets
from app.interchange.importers.parsed import ParsedProgramme, ParseResult
from app.interchange.importers.table_choices import TableChoices
from app.interchange.importers.table_overview import TableOverview
from app.programme import queries
from app.programme.models import Conference, Room, Session, Speaker, Theme


class Upload(Base):
    """An uploaded programme file, until it is imported or a day has passed."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime]
    is_merged: Mapped[
        bool
    ]  # merge: add and update only; otherwise entities missing in the file are withdrawn
    base_fingerprint: Mapped[str]  # fingerprint of the working programme at the dry run
    dry_run_result: Mapped[str] = mapped_column(
        Text
    )  # JSON of a DryRunResult; "" until the questions about a table are answered
    table_choices: Mapped[str] = mapped_column(
        Text, default="", server_default=""
    )  # JSON of TableChoices; "" if it is no table

    @property
    def is_table(self) -> bool:
        """Whether columns can be chosen."""
        return self.table_choices != ""


MAX_BYTES: Final = 20 * 1024 * 1024  # bytes
RETENTION: Final = timedelta(days=1)
VERSIONED_MODELS = (Theme, Room, Speaker, Session)


@dataclass(frozen=True)
class DryRunResult:
    """The result of a dry run; stored under the names that are given as aliases."""

    title: str  # title of the conference in the file
    is_another: bool  # whether it is not the conference of the working programme
    removed_counts: Annotated[  # what would be deleted of that, by type
        Mapping[str, int], Field(alias="goes")
    ]
    sections: Annotated[tuple[ReportSection, ...], Field(alias="parts")]
    summary: str


_result_adapter = TypeAdapter(DryRunResult)


def get_upload(number: int) -> Upload:
    """Return an upload; raise an error if there is none."""
    found = db.session.get(Upload, number)
    if found is None or found.uploaded_at <= clock.real_now() - RETENTION:
        raise NotFound("This file is no longer here. Hand it in again")
    return found


def list_pending() -> Sequence[Upload]:
    """List the uploads without their contents."""
    return db.session.scalars(
        select(Upload)
        .where(Upload.uploaded_at > clock.real_now() - RETENTION)
        .options(load_only(Upload.id, Upload.name, Upload.uploaded_by, Upload.is_merged))
        .order_by(Upload.id.desc())
    ).all()


def receive(name: str, body: bytes, *, is_merged: bool, actor: str) -> Upload:
    """Store a file in place of the same person's previous one, and do a dry run."""
    db.session.execute(delete(Upload).where(Upload.uploaded_by == actor))
    upload = Upload(
        name=name, body=body, uploaded_by=actor, uploaded_at=clock.real_now(), is_merged=is_merged
    )
    upload.base_fingerprint = upload.dry_run_result = upload.table_choices = ""
    overview = inspect_table(upload)
    if overview is not None:
        upload.table_choices = table_choices.dump(table_choices.NO_CHOICES)
    if overview is None or not overview.has_questions:
        dry_run(upload)
    db.session.add(upload)
    db.session.flush()
    return upload


def inspect_table(upload: Upload) -> TableOverview | None:
    """Return what there is to decide about a table, or None for a file of another format.

    Raise InvalidFile if no decision would make it readable.
    """
    choices, target = get_choices(upload), matching.target_conference()
    sheets = read_sheets(upload.body, choices.columns)
    if not sheets:
        return None
    overview = table_overview.inspect(sheets, target, choices)
    if overview.refusal and not (overview.sheets and target.facts):
        raise InvalidFile(overview.refusal)
    return overview


def get_choices(upload: Upload) -> TableChoices:
    """Return what was chosen for this table and for earlier ones."""
    chosen = table_choices.load(upload.table_choices)
    return table_choices.with_remembered(chosen, column_mappings.list_remembered())


def choose(upload: Upload, choices: TableChoices, headers: Sequence[Sequence[str]]) -> bool:
    """Store choices, remember those of columns, and do a dry run unless something is still open.

    Return whether that was done; raise InvalidFile if the table cannot be read in this way.
    """
    upload.table_choices, upload.dry_run_result = table_choices.dump(choices), ""
    column_mappings.remember(headers, choices.columns)
    overview = inspect_table(upload)
    if overview and overview.refusal:
        raise InvalidFile(overview.refusal)
    if overview and overview.has_questions:
        return False
    dry_run(upload)
    return True


def dry_run(upload: Upload) -> None:
    """Do a dry run and store its result; raise InvalidFile if the file cannot be read."""
    lock_table(Conference)
    reading = read_bytes(upload.body, matching.target_conference(), get_choices(upload))
    upload.base_fingerprint = fingerprint_programme()
    conference = reading.programme.conference
    is_another = _is_other_conference(conference.acronym)
    removed_counts = _count_entities() if is_another and not upload.is_merged else {}
    trial = db.session.begin_nested()
    try:
        loaded = _load(reading, upload, upload.uploaded_by)
    finally:
        trial.rollback()
    sections = tuple(one for one in import_report.list_sections(loaded) if one.lines)
    dry_run_result = DryRunResult(
        conference.title, is_another, removed_counts, sections, import_report.summarise(loaded)
    )
    upload.dry_run_result = _result_adapter.dump_json(dry_run_result, by_alias=True).decode()


def get_dry_run_result(upload: Upload) -> DryRunResult:
    """Return the stored result of the dry run."""
    return _result_adapter.validate_json(upload.dry_run_result)


def fingerprint_upload(upload: Upload) -> str:
    """Return a fingerprint of a file and its dry run."""
    content = repr((upload.name, upload.is_merged, upload.base_fingerprint, upload.dry_run_result))
    return sha256(content.encode()).hexdigest()[:32]


def matches_fingerprint(upload: Upload, expected_fingerprint: str) -> bool:
    """Return True if the upload and the working programme are as a page showed them."""
    if fingerprint_upload(upload) != expected_fingerprint:
        return False
    for kind in VERSIONED_MODELS:
        db.session.execute(select(kind.id).with_for_update()).all()
    return upload.base_fingerprint == fingerprint_programme()


def load(upload: Upload, *, actor: str) -> ImportResult:
    """Import a file as its dry run showed, and delete the upload."""
    reading = read_bytes(upload.body, matching.target_conference(), get_choices(upload))
    loaded = _load(reading, upload, actor)
    db.session.delete(upload)
    return loaded


def discard(upload: Upload) -> None:
    """Delete an upload."""
    db.session.delete(upload)


def purge_expired() -> None:
    """Delete uploads that are older than a day."""
    db.session.execute(delete(Upload).where(Upload.uploaded_at <= clock.real_now() - RETENTION))


def fingerprint_programme() -> str:
    """Return a fingerprint of the current working programme."""
    rows = db.session.execute(
        union_all(
            *(
                select(literal(kind.__tablename__), kind.id, kind.version)
                for kind in VERSIONED_MODELS
            )
        )
    )
    facts = db.session.execute(select(Conference.acronym, Conference.version)).one_or_none()
    content = repr((facts and tuple(facts), sorted(tuple(row) for row in rows)))
    return sha256(content.encode()).hexdigest()


def _load(reading: ParseResult, upload: Upload, actor: str) -> ImportResult:
    import_programme: Callable[..., ImportChanges] = (
        services.merge_programme if upload.is_merged else services.replace_programme
    )
    programme: ParsedProgramme = reading.programme
    return ImportResult(programme, import_programme(programme, actor=actor), reading.notes)


def _is_other_conference(acronym: str) -> bool:
    return queries.has_conference() and queries.get_conference().acronym != acronym


def _count_entities() -> dict[str, int]:
    """Count the entities in the working programme."""
    return {
        kind.__tablename__: db.session.scalar(select(func.count()).select_from(kind)) or 0
        for kind in VERSIONED_MODELS
    }
