"""Uploaded programme files: a dry run at once, stored for a day, imported on request.

A dry run does everything that an import does, and rolls it back. Its result is stored with the file
and with a fingerprint of the working programme, so that the import matches what the dry run showed.

A file is read (``read_programme``) before the transaction that writes begins; the result is passed
to the functions that write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from sqlalchemy import LargeBinary, Text, delete, func, select
from sqlalchemy.orm import Mapped, load_only, mapped_column

from app import clock
from app.database import Base, db, lock_table
from app.errors import InvalidFile, NotFound, require
from app.interchange import column_mappings, import_report, import_undo, matching, services
from app.interchange.import_report import ImportResult, ReportSection
from app.interchange.importers import table_choices, table_overview
from app.interchange.importers.detect import read_bytes, read_sheets
from app.interchange.importers.parsed_programme import ParsedProgramme, ParseResult
from app.interchange.importers.raw import TargetConference
from app.interchange.importers.table_choices import (
    NO_CHOICES,
    ColumnChoices,
    TableChoices,
    normalise_column_name,
)
from app.interchange.importers.table_overview import TableOverview
from app.programme import queries, time_zones
from app.programme.editing import speakers
from app.programme.models import Conference


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
    )  # JSON of a DryRunResult; "" while questions about a table are open
    table_choices: Mapped[str] = mapped_column(
        Text, default="", server_default=""
    )  # JSON of TableChoices; "" if it is not a table

    @property
    def is_table(self) -> bool:
        """Whether columns can be chosen."""
        return self.table_choices != ""


MAX_BYTES: Final = 20 * 1024 * 1024  # bytes
RETENTION: Final = timedelta(days=1)


@dataclass(frozen=True)
class DryRunResult:
    """The result of a dry run; stored under its fields' aliases."""

    title: str  # title of the conference in the file
    is_another: bool  # whether it is of another conference than the working programme
    removed_counts: Annotated[  # what would be deleted of the existing one, by type
        Mapping[str, int], Field(alias="goes")
    ]
    sections: Annotated[tuple[ReportSection, ...], Field(alias="parts")]
    summary: str
    is_nameless: bool = False  # whether it names no conference
    fixed_zone: str = ""  # a fixed UTC offset that the file has in place of a time zone
    starts_on: date | None = None  # the first day
    keeps_settings: bool = False  # whether the uploader may not change settings
    needs_settings: bool = False  # whether they cannot import it for that reason
    has_places: bool = False  # whether it has a limit of places


_result_adapter = TypeAdapter(DryRunResult)


def get_upload(number: int) -> Upload:
    """Return an upload; raise NotFound if there is none."""
    found = db.session.get(Upload, number)
    if found is None or found.uploaded_at <= clock.real_now() - RETENTION:
        raise NotFound("This file has been deleted. Upload it again")
    return found


def list_pending() -> Sequence[Upload]:
    """List the uploads without their contents."""
    return db.session.scalars(
        select(Upload)
        .where(Upload.uploaded_at > clock.real_now() - RETENTION)
        .options(load_only(Upload.id, Upload.name, Upload.uploaded_by, Upload.is_merged))
        .order_by(Upload.id.desc())
    ).all()


@dataclass(frozen=True)
class FileReading:
    """The result of reading a file, and a fingerprint of the working programme at that time."""

    result: ParseResult | None  # None while questions about a table are open
    base_fingerprint: str
    table: TableOverview | None = None  # None: the file is not a table
    choices: TableChoices = NO_CHOICES  # used to read the table, including remembered ones


def read_programme(body: bytes, choices: TableChoices = NO_CHOICES) -> FileReading:
    """Read the programme in a file, unless there are questions about a table.

    Columns have the meanings chosen for this table or earlier ones. Raise InvalidFile if no choice
    would make the file readable.
    """
    choices = table_choices.with_remembered(choices, column_mappings.list_remembered())
    return _read(body, choices)


def read_again(upload: Upload) -> FileReading:
    """Read the programme in an upload with the choices of its dry run.

    Choices remembered since then are ignored: their effect has not been shown to anyone.
    """
    return _read(upload.body, table_choices.load(upload.table_choices))


def _read(body: bytes, choices: TableChoices) -> FileReading:
    base_fingerprint = import_undo.fingerprint_programme()
    target = matching.target_conference()
    table = _inspect(body, target, choices)
    if table is None:
        return FileReading(read_bytes(body, target, choices), base_fingerprint)
    used = _drop_unused_choices(choices, table)
    result = None if table.has_questions else read_bytes(body, target, choices)
    return FileReading(result, base_fingerprint, table, used)


def _drop_unused_choices(choices: TableChoices, table: TableOverview) -> TableChoices:
    """Return the choices without those about columns that the table does not have."""
    keys = {sheet.key for sheet in table.sheets}
    names = {normalise_column_name(name) for sheet in table.sheets for name in sheet.header}
    by_header = {key: one for key, one in choices.columns.by_header.items() if key in keys}
    by_name = {name: one for name, one in choices.columns.by_name.items() if name in names}
    return replace(choices, columns=ColumnChoices(by_header, by_name))


def read_as_chosen(upload: Upload, choices: TableChoices) -> FileReading:
    """Read the programme in a table with these choices; raise InvalidFile if that is impossible."""
    reading = read_programme(upload.body, choices)
    if reading.table is not None and reading.table.refusal:
        raise InvalidFile(reading.table.refusal)
    return reading


def inspect_table(upload: Upload) -> TableOverview:
    """Return the open questions about a table; raise NotFound for a file of another format."""
    chosen = table_choices.load(upload.table_choices)
    choices = table_choices.with_remembered(chosen, column_mappings.list_remembered())
    table = _inspect(upload.body, matching.target_conference(), choices)
    return require(table, NotFound("This file is not a table"))


def _inspect(body: bytes, target: TargetConference, choices: TableChoices) -> TableOverview | None:
    """Return the open questions about a table, or None for a file of another format.

    Raise InvalidFile if no choice would make it readable.
    """
    sheets = read_sheets(body, choices.columns)
    if not sheets:
        return None
    table = table_overview.inspect(sheets, target, choices)
    if table.refusal and not (table.sheets and target.facts):
        raise InvalidFile(table.refusal)
    return table


def receive(  # noqa: PLR0913 - the file, and who uploads it
    name: str,
    body: bytes,
    reading: FileReading,
    *,
    is_merged: bool,
    actor: str,
    keeps_settings: bool,
) -> Upload:
    """Store a file in place of the same person's previous one, and do a dry run."""
    db.session.execute(delete(Upload).where(Upload.uploaded_by == actor))
    upload = Upload(
        name=name, body=body, uploaded_by=actor, uploaded_at=clock.real_now(), is_merged=is_merged
    )
    upload.table_choices = "" if reading.table is None else table_choices.dump(reading.choices)
    dry_run(upload, reading, keeps_settings=keeps_settings)
    db.session.add(upload)
    db.session.flush()
    return upload


def choose(
    upload: Upload,
    choices: TableChoices,
    reading: FileReading,
    headers: Sequence[Sequence[str]],
    *,
    keeps_settings: bool,
) -> None:
    """Store the choices a table was read with, remember those of columns, and do a dry run."""
    upload.table_choices = table_choices.dump(reading.choices)
    column_mappings.remember(headers, choices.columns)
    dry_run(upload, reading, keeps_settings=keeps_settings)


def dry_run(upload: Upload, reading: FileReading, *, keeps_settings: bool) -> None:
    """Do a dry run of what was read from the file, and store its result.

    A user who may not change settings keeps the existing ones, and cannot import a file of another
    conference. There is no dry run while questions about a table are open.
    """
    lock_table(Conference)
    upload.base_fingerprint = reading.base_fingerprint
    upload.dry_run_result = (
        ""
        if reading.result is None
        else _try_to_load(reading.result, upload, keeps_settings=keeps_settings)
    )


def _try_to_load(reading: ParseResult, upload: Upload, *, keeps_settings: bool) -> str:
    """Import the programme, roll that back, and return the result as JSON."""
    is_another = _is_other_conference(reading, upload)
    removed_counts = _count_entities() if is_another and not upload.is_merged else {}
    brings_conference = not queries.has_conference() or (is_another and not upload.is_merged)
    keeps = keeps_settings and not brings_conference
    trial = db.session.begin_nested()
    try:
        loaded = _load(reading, upload, upload.uploaded_by, keeps_settings=keeps)
        conference = queries.get_conference()
        time_zone, starts_on = conference.time_zone, conference.starts_on
    finally:
        trial.rollback()
    sections = tuple(section for section in import_report.list_sections(loaded) if section.lines)
    dry_run_result = DryRunResult(
        reading.programme.conference.title,
        is_another,
        removed_counts,
        sections,
        import_report.summarise(loaded),
        is_nameless=reading.is_nameless,
        fixed_zone=time_zone if time_zones.is_fixed_offset(time_zone) and not keeps else "",
        starts_on=starts_on,
        keeps_settings=keeps_settings,
        needs_settings=keeps_settings and brings_conference,
        has_places=reading.programme.conference.places is not None,
    )
    return _result_adapter.dump_json(dry_run_result, by_alias=True).decode()


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
    speakers.lock_deletions()
    import_undo.lock_rows()
    return upload.base_fingerprint == import_undo.fingerprint_programme()


def load(upload: Upload, reading: ParseResult, *, actor: str, keeps_settings: bool) -> ImportResult:
    """Import what was read from a file as its dry run showed, and delete the upload."""
    loaded = _load(reading, upload, actor, keeps_settings=keeps_settings)
    db.session.delete(upload)
    return loaded


def discard(upload: Upload) -> None:
    """Delete an upload."""
    db.session.delete(upload)


def purge_expired() -> None:
    """Delete uploads older than a day, and import backups older than a week."""
    import_undo.purge_expired()
    db.session.execute(delete(Upload).where(Upload.uploaded_at <= clock.real_now() - RETENTION))


def _load(
    reading: ParseResult, upload: Upload, actor: str, *, keeps_settings: bool
) -> ImportResult:
    programme: ParsedProgramme = reading.programme
    changes = (  # merging never changes settings
        services.merge_programme(programme, actor=actor)
        if upload.is_merged
        else services.replace_programme(programme, actor=actor, keeps_settings=keeps_settings)
    )
    return ImportResult(programme, changes, reading.notes)


def _is_other_conference(reading: ParseResult, upload: Upload) -> bool:
    """Return True if a file is of another conference; a nameless part counts as ours."""
    if reading.is_nameless:
        return not upload.is_merged
    acronym = reading.programme.conference.acronym
    return queries.has_conference() and queries.get_conference().acronym != acronym


def _count_entities() -> dict[str, int]:
    """Count the entities in the working programme."""
    return {
        kind.__tablename__: db.session.scalar(select(func.count()).select_from(kind)) or 0
        for kind in import_undo.VERSIONED_MODELS
    }
