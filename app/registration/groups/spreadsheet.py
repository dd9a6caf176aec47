"""A spreadsheet with a person in each row: its template, and what is wrong with each row of one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from flask_babel import gettext

from app.errors import InvalidFile
from app.interchange.importers import detect, spreadsheets
from app.interchange.importers.spreadsheets import WORKBOOK_SIGNATURES
from app.interchange.importers.table_columns import SheetRow
from app.registration.categories import queries as categories
from app.registration.categories.queries import CATEGORY
from app.registration.delegate_record import fold
from app.registration.fields import BADGE_NAME, DAYS, EMAIL
from app.registration.groups.draft import (
    MAX_PEOPLE,
    OFTEN_SHARED,
    GroupDraft,
    UploadedRow,
    get_identity,
)
from app.registration.groups.forms import check_row
from app.registration.queries import Answers
from app.text import shorten, strip_hidden
from app.web.formatting import local_date

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {  # by their first name in the template
    "given_names": ("given names", "given name", "first name", "first names", "forename", "name"),
    "family_name": ("family name", "last name", "surname"),
    BADGE_NAME: ("name on badge", "name on the badge", "badge name", "badge"),
    EMAIL: ("email address", "email", "mail"),
    CATEGORY: ("category",),
    DAYS: ("days", "day"),
}
HEAD: Final = ("Given names", "Family name", "Name on badge", "Email address", "Category", "Days")
MAX_FILE_ROWS: Final = 100  # with rows that are to be left out
HEADER_ROWS: Final = 10  # among which the names of the columns are looked for
FORMULA_STARTS: Final = ("=", "+", "@", "-")
MAX_QUOTED: Final = 60  # characters of a cell in a sentence


def read(contents: bytes, draft: GroupDraft) -> Sequence[UploadedRow]:
    """Return the people of a spreadsheet with their faults; raise InvalidFile for no list."""
    rows = _read_cells(contents)
    start, columns = _find_columns(rows)
    filled = [
        (number, row)
        for number, row in enumerate(rows[start:], start=start + 1)
        if any(cell.strip() for cell in row)
    ]
    if not filled:
        raise InvalidFile(gettext("There is nobody in this file"))
    if len(filled) > MAX_FILE_ROWS:
        raise InvalidFile(
            gettext(
                "This file has %(num)s rows. A group has up to %(max)s people",
                num=f"{len(filled):,}",
                max=MAX_PEOPLE,
            )
        )
    return list(_judge(filled, columns, draft))


def _read_cells(contents: bytes) -> Sequence[SheetRow]:
    if contents.startswith(WORKBOOK_SIGNATURES):
        sheets = spreadsheets.read_workbook(contents)
        return sheets[0].rows if sheets else ()
    text = detect.decode_table(contents)
    first = text.partition("\n")[0]
    separator = max(spreadsheets.SEPARATORS, key=first.count)
    return spreadsheets.parse_csv(text, separator)


def _find_columns(rows: Sequence[SheetRow]) -> tuple[int, Mapping[str, int]]:
    """Return the index of the first person, and the column of each answer."""
    for index, row in enumerate(rows[:HEADER_ROWS]):
        names = [fold(strip_hidden(cell)).replace("-", "") for cell in row]
        found = {
            answer: names.index(one)
            for answer, known in COLUMNS.items()
            for one in reversed(known)
            if one in names
        }
        if "given_names" in found:
            return index + 1, found
    raise InvalidFile(
        gettext("We cannot find a column “Given names”. Use the template, and keep its first row")
    )


def _judge(
    filled: Sequence[tuple[int, SheetRow]], columns: Mapping[str, int], draft: GroupDraft
) -> Iterator[UploadedRow]:
    """Yield each row with what is wrong with it, also because of rows before it."""
    seen = {get_identity(one, draft.email) for one in draft.people}
    room = MAX_PEOPLE - len(draft.people)
    for number, row in filled:
        person, faults = _check(_read_row(row, columns), draft)
        key = get_identity(person, draft.email)
        if not faults and key in seen:
            faults = [gettext("This person is in the list already")]
        if not faults and not room:
            faults = [gettext("A group has up to %(max)s people", max=MAX_PEOPLE)]
        if not faults:
            seen.add(key)
            room -= 1
        yield UploadedRow(number, person, faults)


def _read_row(row: SheetRow, columns: Mapping[str, int]) -> Answers:
    return {name: row[at].strip() for name, at in columns.items() if at < len(row)}


def _check(cells: Answers, draft: GroupDraft) -> tuple[Answers, list[str]]:
    """Return a person as the form would, and what is wrong with the row."""
    values, faults = _translate(cells, draft)
    form = check_row(values)
    person = {name: shorten(text, MAX_QUOTED) for name, text in form.get_answers().items()}
    faults += [str(one) for field in form.questions for one in field.errors]
    return (person if faults else form.get_answers()), list(dict.fromkeys(faults))


def _translate(cells: Answers, draft: GroupDraft) -> tuple[dict[str, str], list[str]]:
    """Return cells as the form has them: the number of the category, and days as dates."""
    values, faults = dict(cells), []
    if any(text.startswith(FORMULA_STARTS) for text in cells.values()):
        faults.append(gettext("A cell begins with =, +, - or @, like a formula"))
    category = values.pop(CATEGORY, "")
    chosen = next(
        (
            one
            for one in categories.list_public_without_approval()
            if fold(category) in map(fold, one.names)
        ),
        None,
    )
    if category and chosen is None:
        name = shorten(strip_hidden(category), MAX_QUOTED)
        faults.append(gettext("There is no category “%(name)s”", name=name))
    days, unknown = _read_days(values.pop(DAYS, ""))
    faults += [gettext("“%(day)s” is not a day of the conference", day=one) for one in unknown]
    own = {CATEGORY: str(chosen.id) if chosen else "", DAYS: " ".join(days)}
    shared = {name: draft.shared.get(name, "") for name in OFTEN_SHARED}
    return {**values, **{name: own[name] or shared[name] for name in own}}, faults


def _read_days(typed: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the days that a cell names, and what in it names none."""
    known = {day.isoformat(): day.isoformat() for day in categories.list_days("")}
    known |= {fold(local_date(day)): day.isoformat() for day in categories.list_days("")}
    parts = [one.strip() for one in typed.replace(";", ",").replace("\n", ",").split(",")]
    if all(word in known for word in typed.split()):
        parts = typed.split()
    named = [known.get(fold(one), "") for one in parts if one]
    unknown = [
        shorten(strip_hidden(one), MAX_QUOTED) for one in parts if one and fold(one) not in known
    ]
    return [one for one in named if one], unknown


def list_head() -> Sequence[str]:
    """Return the names of the columns of the template."""
    has_categories = categories.is_asked()
    return [one for one in HEAD if one != "Category" or has_categories]
