"""Reading a spreadsheet of delegates: its template, and each row as the desk's form checks it.

Columns have the labels of the questions. Each row fills in the form with which the desk adds one
delegate, so the errors of a cell are those of that form.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField

from app.admin.delegates.answer_columns import build_desk_form_class
from app.admin.delegates.import_forms import ImportedDelegateForm
from app.delegates import countries, custom_questions, people_sheets, standard_forms
from app.delegates.answer_json import full_name
from app.delegates.categories import queries as categories
from app.delegates.categories.queries import CATEGORY
from app.delegates.delegate_record import fold, identity_key
from app.delegates.fields import BY_NAME, DAYS, EMAIL
from app.delegates.forms import suggest_correction
from app.delegates.people_sheets import NumberedRow
from app.errors import InvalidFile
from app.interchange.importers.table_columns import SheetRow
from app.registration.delegate_imports.rows import ImportedRow, ImportedSheet, RowFault
from app.registration.groups import spreadsheet as group_sheets
from app.web import languages

MAX_ROWS: Final = 500
COUNTRY: Final = "country"
# Phone numbers such as +44 20 7946 0000 and negative numbers are not formulas.
FORMULA: Final = re.compile(r"[=@]|[+-](?![\d\s().,/-]*$)")
REQUIRED: Final = ("given_names", EMAIL, COUNTRY, DAYS)
IN_CELLS: Final = (BooleanField, SelectField, StringField)  # but no file fields
YES: Final = ("yes", "y", "true", "1", "x")
NO: Final = ("no", "n", "false", "0", "")


def read(contents: bytes) -> ImportedSheet:
    """Return the people in a spreadsheet with their errors; raise InvalidFile for no list."""
    reader = _RowReader()
    rows = people_sheets.read_cells(contents)
    start, names, titles = _find_columns(rows, reader)
    filled = people_sheets.list_filled(rows, start)
    if not filled:
        raise InvalidFile(gettext("There is nobody in this file"))
    if len(filled) > MAX_ROWS:
        raise InvalidFile(
            gettext(
                "This file has %(num)s rows. Split it into files of up to %(max)s",
                num=f"{len(filled):,}",
                max=MAX_ROWS,
            )
        )
    columns = {names[title]: index for index, title in enumerate(titles) if title in names}
    unused = people_sheets.list_unused(rows[start - 1], columns.values())
    return ImportedSheet(list(_iterate_checked_rows(filled, columns, reader)), unused)


def list_head() -> Sequence[str]:
    """Return the column names of the template."""
    return list(_RowReader().labels.values())


class _RowReader:
    """Fills rows into the form, and knows what the columns are called."""

    def __init__(self) -> None:
        self._form_class = build_desk_form_class(ImportedDelegateForm)
        form = self.fill(())
        question_fields = [*form.questions, *([form[CATEGORY]] if CATEGORY in form else [])]
        self.fields: Mapping[str, Any] = {
            field.short_name: field for field in question_fields if isinstance(field, IN_CELLS)
        }
        self.labels = {name: _name_column(name) for name in self.fields}

    def fill(self, pairs: Sequence[tuple[str, str]]) -> ImportedDelegateForm:
        """Return the form filled with a row, not validated yet."""
        form = self._form_class(formdata=MultiDict(pairs), meta={"csrf": False})
        form.set_choices()
        standard_forms.adapt_for_desk(form)
        return form

    @cache  # noqa: B019 - a reader lives as long as one file is read
    def list_choices(self, name: str) -> Mapping[str, str]:
        """Map the label of each choice to its value."""
        if name == COUNTRY:
            codes = (languages.SOURCE_LANGUAGE, languages.current().code)
            known = [one for code in codes for one in countries.choices(code)]
        elif name == CATEGORY:
            known = [
                (str(option.id), label)
                for option in categories.list_options()
                for label in option.names
            ]
        else:
            known = [(value, str(label)) for value, label, *_ in self.fields[name].iter_choices()]
        return {fold(key): value for value, label in known if value for key in (value, label)}


def _name_column(name: str) -> str:
    """Return the name of the column of a question."""
    if name == CATEGORY:
        return str(gettext("Category"))
    known = BY_NAME.get(name)
    if known is None:
        definition = custom_questions.get_by_name()[name]
        return custom_questions.get_label(definition)
    if known.continues:
        label = known.label_for(desk=True)
        return str(gettext("%(question)s in their own words", question=label))
    return known.label_for(desk=True)


def _find_columns(
    rows: Sequence[SheetRow], reader: _RowReader
) -> tuple[int, Mapping[str, str], Sequence[str]]:
    """Return the index of the first data row, the expected column names, and those of the file."""
    names = {
        people_sheets.normalise_name(one): answer
        for answer, known in group_sheets.COLUMNS.items()
        if answer in reader.fields
        for one in known
    }
    names |= {people_sheets.normalise_name(label): name for name, label in reader.labels.items()}
    header = people_sheets.find_header(
        rows, lambda titles: any(names.get(title) == "given_names" for title in titles)
    )
    found = {names[one] for one in header[1] if one in names} if header else set()
    missing = [name for name in REQUIRED if name in reader.fields and name not in found]
    if header is None or missing:
        label = reader.labels[missing[0]]
        raise InvalidFile(
            gettext(
                "We cannot find a column “%(name)s”. Use the template, and keep its first row",
                name=label,
            )
        )
    index, titles = header
    known_titles = [names[title] for title in titles if title in names]
    twice = next((name for name in known_titles if known_titles.count(name) > 1), "")
    if twice:
        raise InvalidFile(
            gettext("Two columns are for “%(name)s”. Delete one", name=reader.labels[twice])
        )
    return index + 1, names, titles


def _iterate_checked_rows(
    filled: Sequence[NumberedRow], columns: Mapping[str, int], reader: _RowReader
) -> Iterator[ImportedRow]:
    """Yield each row with its errors, including those caused by rows before it."""
    row_by_key: dict[str, int] = {}
    for number, row in filled:
        read_row = _read_row(number, row, columns, reader)
        if not read_row.faults:
            key = identity_key(read_row.name, read_row.email)
            if key in row_by_key:
                message = gettext(
                    "This person is already in row %(number)s", number=row_by_key[key]
                )
                fault = RowFault(reader.labels["given_names"], message)
                read_row = ImportedRow(
                    number, read_row.name, read_row.email, read_row.category, {}, [fault]
                )
            row_by_key.setdefault(key, number)
        yield read_row


def _read_row(
    number: int, row: SheetRow, columns: Mapping[str, int], reader: _RowReader
) -> ImportedRow:
    cells = {name: row[at].strip() for name, at in columns.items() if at < len(row)}
    pairs: list[tuple[str, str]] = []
    faults: dict[str, str] = {}
    for name, cell in cells.items():
        values, fault = _read_cell(name, cell, reader)
        pairs += [(name, value) for value in values]
        if fault:
            faults[name] = fault
    form = reader.fill(pairs)
    form.validate()
    for field in (*form.questions, *([form[CATEGORY]] if CATEGORY in form else [])):
        if field.errors:
            faults.setdefault(field.short_name, str(field.errors[0]))
    answers = form.get_answers()
    name = full_name(answers)
    if not faults:
        return ImportedRow(
            number, name, answers[EMAIL], answers.get(CATEGORY, ""), answers, (), _list_notes(form)
        )
    row_faults = [RowFault(reader.labels[one], message) for one, message in faults.items()]
    return ImportedRow(
        number,
        people_sheets.quote(name),
        people_sheets.quote(answers[EMAIL]),
        answers.get(CATEGORY, ""),
        {},
        row_faults,
    )


def _list_notes(form: ImportedDelegateForm) -> Sequence[str]:
    """List warnings about a row that can be saved."""
    better = suggest_correction(form.email.data)
    return [gettext("Did you mean %(address)s?", address=better)] if better else []


def _read_cell(name: str, cell: str, reader: _RowReader) -> tuple[Sequence[str], str]:
    """Return the form value of a cell, and its error."""
    field = reader.fields[name]
    if FORMULA.match(cell):
        return [cell], gettext("The cell begins with =, +, - or @, like a formula")
    if name == DAYS:
        days, unknown = people_sheets.read_days(cell)
        return days, _describe_unknown(unknown)
    if isinstance(field, SelectMultipleField):
        chosen, unknown = people_sheets.match_parts(cell, reader.list_choices(name))
        return chosen, _describe_unknown(unknown)
    if isinstance(field, BooleanField):
        return _read_checkbox(cell)
    if cell and isinstance(field, SelectField):
        value = reader.list_choices(name).get(fold(cell))
        return ([value], "") if value else ([], _describe_unknown([people_sheets.quote(cell)]))
    return [cell], ""


def _read_checkbox(cell: str) -> tuple[Sequence[str], str]:
    if fold(cell) in {*YES, fold(gettext("Yes"))}:
        return ["y"], ""
    if fold(cell) in {*NO, fold(gettext("No"))}:
        return [], ""
    return [], gettext("Enter yes or no")


def _describe_unknown(unknown: Sequence[Any]) -> str:
    if not unknown:
        return ""
    return str(gettext("“%(answer)s” is not one of the possible answers", answer=unknown[0]))
