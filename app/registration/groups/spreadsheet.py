"""A spreadsheet with a person in each row: its template, and the faults of each row."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from flask_babel import gettext

from app.delegates import people_sheets
from app.delegates.answer_json import Answers
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.fields import BADGE_NAME, DAYS, EMAIL
from app.delegates.people_sheets import MAX_QUOTED, NumberedRow
from app.errors import InvalidFile
from app.interchange.importers.table_columns import SheetRow
from app.registration.groups.draft import (
    MAX_PEOPLE,
    OFTEN_SHARED,
    GroupDraft,
    UploadedRow,
    UploadedSheet,
    get_identity,
)
from app.registration.groups.forms import PersonForm, check_row
from app.text import shorten

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {  # by their first name in the template
    "given_names": ("given names", "given name", "first name", "first names", "forename", "name"),
    "family_name": ("family name", "last name", "surname"),
    BADGE_NAME: ("name on badge", "name on the badge", "badge name", "badge"),
    EMAIL: ("email address", "email", "mail"),
    CATEGORY: ("category",),
    DAYS: ("days", "day"),
}
HEAD: Final = {
    "given_names": "Given names",
    "family_name": "Family name",
    BADGE_NAME: "Name on badge",
    EMAIL: "Email address",
    CATEGORY: "Category",
    DAYS: "Days",
}
MAX_FILE_ROWS: Final = 100  # including rows that are left out
FORMULA_STARTS: Final = ("=", "+", "@", "-")


def read(contents: bytes, draft: GroupDraft) -> UploadedSheet:
    """Return the people of a spreadsheet with their faults; raise InvalidFile for no list."""
    rows = people_sheets.read_cells(contents)
    start, columns = _find_columns(rows)
    filled = people_sheets.list_filled(rows, start)
    if not filled:
        raise InvalidFile(gettext("There is nobody in this file"))
    if len(filled) > MAX_FILE_ROWS:
        raise InvalidFile(
            gettext(
                "This file has %(num)s rows. A group can have up to %(max)s people",
                num=f"{len(filled):,}",
                max=MAX_PEOPLE,
            )
        )
    unused = people_sheets.list_unused(rows[start - 1], columns.values())
    return UploadedSheet(list(_judge(filled, columns, draft)), unused)


def _find_columns(rows: Sequence[SheetRow]) -> tuple[int, Mapping[str, int]]:
    """Return the index of the first person, and the column of each answer."""
    header = people_sheets.find_header(
        rows, lambda names: any(one in names for one in COLUMNS["given_names"])
    )
    if header is None:
        raise InvalidFile(
            gettext(
                "We cannot find a column “Given names”. Use the template, and keep its first row"
            )
        )
    index, names = header
    found = {
        answer: names.index(one)
        for answer, known in COLUMNS.items()
        for one in reversed(known)
        if one in names
    }
    return index + 1, found


def _judge(
    filled: Sequence[NumberedRow], columns: Mapping[str, int], draft: GroupDraft
) -> Iterator[UploadedRow]:
    """Yield each row with its faults, including those caused by rows before it."""
    seen = {get_identity(one, draft.email) for one in draft.people}
    room = MAX_PEOPLE - len(draft.people)
    for number, row in filled:
        person, faults = _check(_read_row(row, columns), draft)
        key = get_identity(person, draft.email)
        if not faults and key in seen:
            faults = [gettext("This person is already in the list")]
        if not faults and not room:
            faults = [gettext("A group can have up to %(max)s people", max=MAX_PEOPLE)]
        if not faults:
            seen.add(key)
            room -= 1
        yield UploadedRow(number, person, faults)


def _read_row(row: SheetRow, columns: Mapping[str, int]) -> Answers:
    return {name: row[at].strip() for name, at in columns.items() if at < len(row)}


def _check(cells: Answers, draft: GroupDraft) -> tuple[Answers, list[str]]:
    """Return a person as the form would, and the faults of the row."""
    values, faults = _translate(cells, draft)
    form = check_row(values)
    person = {name: shorten(text, MAX_QUOTED) for name, text in form.get_answers().items()}
    faults += [str(one) for field in form.questions for one in field.errors]
    return (person if faults else form.get_answers()), list(dict.fromkeys(faults))


def _translate(cells: Answers, draft: GroupDraft) -> tuple[dict[str, str], list[str]]:
    """Convert cells to form values: the number of the category, and days as dates."""
    values, faults = dict(cells), []
    if any(text.startswith(FORMULA_STARTS) for text in cells.values()):
        faults.append(gettext("A cell begins with =, +, - or @, like a formula"))
    category = values.pop(CATEGORY, "")
    chosen = people_sheets.find_category(category, categories.list_public_without_approval())
    if category and chosen is None:
        name = people_sheets.quote(category)
        faults.append(gettext("There is no category “%(name)s”", name=name))
    days, unknown = people_sheets.read_days(values.pop(DAYS, ""))
    faults += [gettext("“%(day)s” is not a day of the conference", day=one) for one in unknown]
    own = {CATEGORY: str(chosen.id) if chosen else "", DAYS: " ".join(days)}
    shared = {name: draft.shared.get(name, "") for name in OFTEN_SHARED}
    return {**values, **{name: own[name] or shared[name] for name in own}}, faults


def list_head() -> Sequence[str]:
    """Return the column names of the template, for the questions about a person."""
    form = PersonForm(formdata=None)
    form.set_choices()
    asked = {one.short_name for one in form.questions}
    return [name for answer, name in HEAD.items() if answer in asked]
