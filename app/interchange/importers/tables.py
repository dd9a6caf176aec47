"""Importing tables: sessions and speakers, a row for each or for both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.errors import InvalidFile
from app.interchange.importers import alike_names, spreadsheet_dates, table_columns, table_rows
from app.interchange.importers.parsed_programme import THE_FILE, FieldCoverage, ImportLog
from app.interchange.importers.raw import RawProgramme, TargetConference
from app.interchange.importers.spreadsheet_dates import DateReader
from app.interchange.importers.table_choices import (
    MEANING_LABELS,
    NO_CHOICES,
    ColumnChoices,
    TableChoices,
)
from app.interchange.importers.table_columns import ColumnMap, SheetRow
from app.interchange.importers.table_rows import Row, TimeCount

MERGED_DOWN: Final = ("day", "start", "end", "room", "theme", "session_title")
MAX_QUOTED: Final = 8  # cells or columns quoted in a message
MAX_QUOTED_LENGTH: Final = 40  # characters
NO_TITLE: Final = (
    "No table in this file has a column called “Title” or “Name”, so we cannot read it"
)


@dataclass(frozen=True)
class Sheet:
    """A table with its name, if any, and its merged cells."""

    name: str
    rows: Sequence[SheetRow]
    merged: Sequence[tuple[int, int, int]] = ()  # column, first and last row


@dataclass(frozen=True)
class Table:
    """A sheet with known columns."""

    sheet: Sheet
    header_index: int
    columns: ColumnMap

    @property
    def header(self) -> SheetRow:
        """The row with the column names."""
        return self.sheet.rows[self.header_index]

    @property
    def body(self) -> Sequence[SheetRow]:
        """The rows below the header."""
        return self.sheet.rows[self.header_index + 1 :]


def parse(
    sheets: Sequence[Sheet],
    log: ImportLog,
    target: TargetConference,
    choices: TableChoices = NO_CHOICES,
) -> RawProgramme:
    """Parse the sessions and speakers in these tables."""
    if not target.facts:
        raise InvalidFile(
            "A table does not say which conference it belongs to. "
            "Load or set up the conference first"
        )
    tables = open_tables(sheets, choices.columns, log)
    if not tables:
        raise InvalidFile(NO_TITLE)
    _refuse_unknown_columns(tables)
    raw = RawProgramme(conference=dict(target.facts))
    dates = _choose_dates(tables, target, choices, log)
    count = TimeCount()
    for table in tables:
        _note_unknown_columns(table, log)
        for row in _iterate_rows(table, dates, log):
            table_rows.parse(row, raw, log, dates, count)
    _refuse_unread_times(tables, count)
    alike_names.resolve(raw, target, choices.same_people, log)
    raw.coverage = _join_coverage(tables)
    return raw


def open_tables(
    sheets: Sequence[Sheet], choices: ColumnChoices, log: ImportLog | None = None
) -> list[Table]:
    """Return the sheets with known columns; the others are left out."""
    tables = []
    for sheet in sheets:
        found = table_columns.find_header(sheet.rows, choices)
        if found is not None:
            filled = _fill_merged(sheet, found[1])
            tables.append(Table(replace(sheet, rows=filled), *found))
        elif log is not None and any(cell.strip() for row in sheet.rows for cell in row):
            log.add_skipped(_place(sheet), "the whole sheet", "There is no Title or Name column")
    return tables


def read_dates(
    tables: Sequence[Table], target: TargetConference, order: str
) -> tuple[DateReader, tuple[str, ...]]:
    """Return a reader for the dates of these tables, and the ambiguous cells."""
    cells = {
        row[index].strip(): None
        for table in tables
        for meaning in ("day", "start", "end")
        for index in table.columns.positions.get(meaning, ())
        for row in table.body
        if index < len(row) and len(row[index]) <= spreadsheet_dates.MAX_LENGTH
    }
    return spreadsheet_dates.build_reader(list(cells), target, order)


def _choose_dates(
    tables: Sequence[Table], target: TargetConference, choices: TableChoices, log: ImportLog
) -> DateReader:
    dates, unclear = read_dates(tables, target, choices.date_order)
    if unclear:
        reason = "It is not clear whether the day or the month comes first. We read the day first"
        log.add_fix(THE_FILE, unclear[0], reason)
    return dates


def _fill_merged(sheet: Sheet, columns: ColumnMap) -> Sequence[SheetRow]:
    """Repeat cells of a day, a time, a room or a theme that are merged over several rows."""
    wanted = {one for name in MERGED_DOWN for one in columns.positions.get(name, ())}
    merged = [one for one in sheet.merged if one[0] in wanted]
    if not merged:
        return sheet.rows
    rows = [list(row) for row in sheet.rows]
    remaining = len(rows) * len(wanted)  # merged cells do not overlap, except in malicious files
    for column, first, last in merged:
        for row in rows[first + 1 : min(last + 1, first + 1 + remaining)]:
            if column < min(len(row), len(rows[first])):
                row[column] = row[column] or rows[first][column]
            remaining -= 1
    return rows


def _place(sheet: Sheet) -> str:
    return f"sheet “{sheet.name[:60]}”" if sheet.name else THE_FILE


def _note_unknown_columns(table: Table, log: ImportLog) -> None:
    for name in table.columns.unknown.values():
        meaning = table_columns.suggest_meaning(name)
        hint = f"; did you mean “{MEANING_LABELS[meaning]}”?" if meaning else ""
        reason = f"We do not recognise this column{hint}"
        log.add_skipped(_place(table.sheet), f"column “{name[:60]}”", reason)


def _iterate_rows(table: Table, dates: DateReader, log: ImportLog) -> Iterator[Row]:
    """Yield the rows with their day, which may be written once above several rows."""
    sheet = table.sheet
    prefix = f"sheet “{sheet.name[:60]}”, " if sheet.name else ""
    day = table_rows.day_of_heading([sheet.name], dates)
    header = [cell.strip() for cell in table.header]
    for number, cells in enumerate(table.body, start=table.header_index + 2):
        row = Row(cells, table.columns, f"{prefix}row {number}", day)
        if not row or [cell.strip() for cell in cells] == header:
            continue
        if heading := table_rows.day_of_heading(cells, dates):
            day = heading
        elif table_rows.is_total(cells):
            log.add_skipped(row.where, " ".join(cells).strip(), "It is a row of totals")
        else:
            day = row["day"] or day
            yield row


def _join_coverage(tables: Sequence[Table]) -> FieldCoverage:
    found = [table.columns.coverage for table in tables]
    return FieldCoverage(
        frozenset().union(*(one.session_fields for one in found)),
        frozenset().union(*(one.speaker_fields for one in found)),
        clears_speakers=not any(table.columns.has_sessions for table in tables),
    )


def _refuse_unknown_columns(tables: Sequence[Table]) -> None:
    """Raise InvalidFile if half of the columns are unknown."""
    for table in tables:
        unknown = {
            index: name
            for index, name in table.columns.unknown.items()
            if any(index < len(row) and row[index].strip() for row in table.body)
        }
        known = {index for indexes in table.columns.positions.values() for index in indexes}
        if len(unknown) >= max(len(known), 1):
            raise InvalidFile(
                "We did not recognise half of the columns, so nothing was loaded. "
                f"{_describe_columns(table)}. Not recognised: {quote(list(unknown.values()))}"
            )


def _refuse_unread_times(tables: Sequence[Table], count: TimeCount) -> None:
    """Raise InvalidFile if there are times but none can be parsed."""
    if not count.stated or count.read:
        return
    understood = ". ".join(_describe_columns(table) for table in tables[:1])
    reason = (
        f"Not recognised: {quote(count.unread)}"
        if count.unread
        else "There is no column for the day of the sessions"
    )
    raise InvalidFile(
        f"We did not recognise any of the times, so nothing was loaded. {understood}. {reason}"
    )


def _describe_columns(table: Table) -> str:
    """Describe the detected meanings of the columns."""
    found = [
        f"“{table.header[indexes[0]].strip()[:MAX_QUOTED_LENGTH]}” as {MEANING_LABELS[meaning]}"
        for meaning, indexes in table.columns.positions.items()
        if indexes[0] < len(table.header)
    ]
    return f"Recognised: {', '.join(found)}"


def quote(texts: Sequence[str]) -> str:
    """Quote the first of several texts, and give the number of the others."""
    quoted = ", ".join(f"“{text.strip()[:MAX_QUOTED_LENGTH]}”" for text in texts[:MAX_QUOTED])
    more = len(texts) - MAX_QUOTED
    return f"{quoted} and {more} more" if more > 0 else quoted
