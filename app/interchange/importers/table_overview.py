"""What must be decided about a table before it is imported: columns, dates and names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from app.errors import InvalidFile
from app.interchange.importers import alike_names, table_columns, tables
from app.interchange.importers.alike_names import SimilarNames
from app.interchange.importers.parsed_programme import ImportLog
from app.interchange.importers.raw import TargetConference
from app.interchange.importers.table_choices import TableChoices
from app.interchange.importers.table_columns import ColumnMap, SheetRow
from app.interchange.importers.tables import Sheet

MAX_COLUMNS: Final = 60  # of a sheet
MAX_SHEETS: Final = 10
MAX_PEOPLE: Final = 50
MAX_SAMPLES: Final = 3
MAX_SAMPLE_LENGTH: Final = 50  # characters
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Column:
    """A column: its position, name, sample cells, and current meaning."""

    index: int
    name: str
    samples: tuple[str, ...]
    meaning: str
    is_known: bool

    @property
    def letter(self) -> str:
        """The letters by which spreadsheets name the column."""
        first = LETTERS[self.index // 26 - 1] if self.index >= 26 else ""
        return f"{first}{LETTERS[self.index % 26]}"


@dataclass(frozen=True)
class SheetOverview:
    """A sheet with its columns that have a name or cells."""

    name: str
    header: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        """The key of tables with these column names."""
        return table_columns.header_key(self.header)


@dataclass(frozen=True)
class TableOverview:
    """A whole file of tables, and its open questions."""

    sheets: tuple[SheetOverview, ...]
    unclear_dates: tuple[str, ...] = ()  # cells
    people: tuple[SimilarNames, ...] = ()
    refusal: str = ""  # why it cannot be imported as it is
    date_order: str = ""  # chosen so far
    same_people: Mapping[str, bool] = field(default_factory=dict)  # chosen so far

    @property
    def has_questions(self) -> bool:
        """Whether there are questions to answer before it is imported."""
        unknown = any(not column.is_known for sheet in self.sheets for column in sheet.columns)
        open_names = any(person.key not in self.same_people for person in self.people)
        open_dates = self.unclear_dates and not self.date_order
        return bool(unknown or open_dates or open_names or self.refusal)


def inspect(
    sheets: Sequence[Sheet], target: TargetConference, choices: TableChoices
) -> TableOverview:
    """Return the open questions about a table."""
    log = ImportLog()
    overviews = tuple(_describe_sheets(sheets, choices))
    try:
        raw = tables.parse(sheets, log, target, replace(choices, same_people={}))
    except InvalidFile as refusal:
        return TableOverview(overviews, refusal=str(refusal))
    opened = tables.open_tables(sheets, choices.columns)
    _, unclear = tables.read_dates(opened, target, "")
    return TableOverview(
        overviews,
        unclear_dates=unclear,
        people=tuple(alike_names.find_alike(raw, target)[:MAX_PEOPLE]),
        date_order=choices.date_order,
        same_people=choices.same_people,
    )


def _describe_sheets(sheets: Sequence[Sheet], choices: TableChoices) -> Iterator[SheetOverview]:
    """Yield the sheets that have a header, or a row that may be one."""
    for sheet in sheets[:MAX_SHEETS]:
        found = table_columns.find_header(sheet.rows, choices.columns)
        index = found[0] if found else _guess_header(sheet.rows)
        if index is not None:
            header = sheet.rows[index]
            rows = sheet.rows[index + 1 :]
            columns = table_columns.match_columns(header, rows, choices.columns)
            yield SheetOverview(
                sheet.name, tuple(header), tuple(_describe_columns(header, rows, columns))
            )


def _guess_header(rows: Sequence[SheetRow]) -> int | None:
    """Return the index of the first row with several cells."""
    first = enumerate(rows[: table_columns.HEADER_SEARCH_ROWS])
    return next((index for index, row in first if sum(map(bool, map(str.strip, row))) > 1), None)


def _describe_columns(
    header: SheetRow, rows: Sequence[SheetRow], columns: ColumnMap
) -> Iterator[Column]:
    for index, name in enumerate(header[:MAX_COLUMNS]):
        samples = _list_samples(rows, index)
        if name.strip() or samples:
            meaning = columns.meaning_at(index)
            hint = "" if meaning else table_columns.suggest_meaning(name)
            is_known = index not in columns.unknown or not samples
            yield Column(index, name.strip(), samples, meaning or hint, is_known)


def _list_samples(rows: Sequence[SheetRow], index: int) -> tuple[str, ...]:
    """Return the first distinct cells of a column."""
    samples: dict[str, None] = {}
    for row in rows:
        cell = " ".join(row[index][:200].split()) if index < len(row) else ""
        if cell:
            samples[cell if len(cell) <= MAX_SAMPLE_LENGTH else f"{cell[:MAX_SAMPLE_LENGTH]}…"] = (
                None
            )
        if len(samples) == MAX_SAMPLES:
            break
    return tuple(samples)
