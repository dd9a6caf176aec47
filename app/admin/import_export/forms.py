"""Forms for importing a programme."""

from collections.abc import Iterator, Sequence
from pathlib import PureWindowsPath
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # of WTForms 3.2
from wtforms.validators import AnyOf, InputRequired

from app.errors import RuleViolation
from app.forms.form import FileForm, Form, required_file
from app.forms.validators import one_of_choices
from app.interchange.importers.alike_names import SimilarNames
from app.interchange.importers.spreadsheet_dates import DAY_FIRST, MONTH_FIRST
from app.interchange.importers.table_choices import (
    MEANING_LABELS,
    REPEATABLE,
    ColumnChoices,
    TableChoices,
    normalise_column_name,
)
from app.interchange.importers.table_columns import NAME_FIELDS
from app.interchange.importers.table_overview import Column, SheetOverview, TableOverview
from app.interchange.uploads import MAX_BYTES, DryRunResult
from app.programme import time_zones
from app.registration.import_rules import ConfirmationRequired, LoadAnswers
from app.text import collapse_whitespace, strip_hidden

REPLACE, MERGE = "replace", "merge"
MAX_FILE_NAME_LENGTH = 200  # characters
TOO_LARGE_MESSAGE = _l("The file must be smaller than 20 MB")


class UploadForm(FileForm):
    """Upload a programme file."""

    file = FileField(_l("Programme file"), [required_file(MAX_BYTES, TOO_LARGE_MESSAGE)])
    action = RadioField(
        _l("What does the file contain?"),
        [AnyOf((REPLACE, MERGE), message=_l("Select what the file contains"))],
        choices=[
            SelectChoice(
                REPLACE,
                _l("The whole programme"),
                {"hint": _l("Anything not in the file will be withdrawn")},
            ),
            SelectChoice(
                MERGE,
                _l("Part of the programme"),
                {"hint": _l("It only adds and changes. Nothing will be withdrawn")},
            ),
        ],
        default=REPLACE,
        validate_choice=False,
    )

    @property
    def body(self) -> bytes:
        """Return the content of the file."""
        body: bytes = self.file.data.read()
        return body

    @property
    def name(self) -> str:
        """Return the name of the file without its path."""
        file_name = PureWindowsPath(self.file.data.filename).name  # splits at both kinds of slashes
        return strip_hidden(collapse_whitespace(file_name))[:MAX_FILE_NAME_LENGTH] or "?"

    @property
    def is_merged(self) -> bool:
        """Return True if the import only adds and changes."""
        return bool(self.action.data == MERGE)


class LoadUploadForm(Form):
    """Import an uploaded file after its dry run."""

    is_confirmed = BooleanField(_l("Load this as a different conference"))
    time_zone = SelectField(
        _l("Time zone of the conference"), [one_of_choices(_l("Choose a time zone from the list"))]
    )
    fingerprint = HiddenField()  # of what the page showed

    def set_zones(self, dry_run: DryRunResult) -> None:
        """Set the time zones to choose from, if the file has only an offset from UTC."""
        if not dry_run.fixed_zone or dry_run.starts_on is None:
            del self.time_zone
            return
        name = time_zones.place_name(dry_run.fixed_zone)
        self.time_zone.choices = [
            ("", gettext("Only %(offset)s, the whole year", offset=name)),
            *time_zones.list_zones_at_offset(dry_run.fixed_zone, dry_run.starts_on),
        ]

    def get_answers(self) -> LoadAnswers:
        """Return the answers; the time zone is "" if it was not asked."""
        return LoadAnswers(
            self.fingerprint.data or "",
            is_confirmed=self.is_confirmed.data,
            time_zone=(self.time_zone.data or "") if "time_zone" in self else "",
        )

    def add_violation(self, refusal: RuleViolation) -> None:
        """Show why the import failed, beside the checkbox if checking it would help."""
        if isinstance(refusal, ConfirmationRequired):
            self.add_error(self.is_confirmed, refusal)
        else:
            self.form_errors.append(str(refusal))


SAME, DIFFERENT = "same", "different"
NOT_OFFERED: Final = frozenset({"sessions", "paper_title"})
NO_ANSWER: Final = _l("Choose one of the answers")


class ColumnsForm(Form):
    """Choose what each column means; ambiguous dates and names are asked about."""

    overview: TableOverview

    @classmethod
    def for_table(cls, overview: TableOverview) -> "ColumnsForm":
        """Return a form with a field for each column and each question."""
        fields: dict[str, Any] = {
            _column_name(sheet_number, column): _build_column_field(column)
            for sheet_number, sheet in enumerate(overview.sheets)
            for column in sheet.columns
        }
        if overview.unclear_dates:
            fields["date_order"] = _build_date_field(overview)
        for number, alike in enumerate(overview.people):
            fields[f"person_{number}"] = _build_person_field(alike, overview)
        form_class: type[ColumnsForm] = type("TableForm", (cls,), {**fields, "overview": overview})
        return form_class()

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each answer, and that the columns of a sheet go together."""
        is_valid = bool(super().validate(extra_validators))
        checks = [self._check_repeated(fields) for _, fields in self.list_sheets()]
        return self._check_titles() and all(checks) and is_valid

    def list_sheets(self) -> Iterator[tuple[SheetOverview, list[Field]]]:
        """Yield the sheets with the fields of their columns."""
        for number, sheet in enumerate(self.overview.sheets):
            yield sheet, [self[_column_name(number, column)] for column in sheet.columns]

    def list_people(self) -> list[Field]:
        """Return the fields of names that may mean one person."""
        return [self[f"person_{number}"] for number in range(len(self.overview.people))]

    def get_choices(self) -> TableChoices:
        """Return the answers."""
        people = zip(self.overview.people, self.list_people(), strict=True)
        sheets = [(sheet, _list_meanings(sheet, fields)) for sheet, fields in self.list_sheets()]
        return TableChoices(
            ColumnChoices(
                {sheet.key: meanings for sheet, meanings in sheets},
                {
                    normalise_column_name(name): meaning
                    for sheet, meanings in sheets
                    for name, meaning in zip(sheet.header, meanings, strict=True)
                },
            ),
            self["date_order"].data if "date_order" in self else self.overview.date_order,
            {
                **self.overview.same_people,
                **{alike.key: field.data == SAME for alike, field in people},
            },
        )

    def _check_repeated(self, fields: Sequence[Field]) -> bool:
        """Add an error to a field with the same meaning as another."""
        used_meanings: set[str] = set()
        for field in fields:
            if field.data in used_meanings - REPEATABLE:
                label = MEANING_LABELS[field.data]
                message = gettext("Choose “%(meaning)s” for only one column", meaning=label)
                field.errors = [*field.errors, message]
            used_meanings |= {field.data} - {""}
        return not any(field.errors for field in fields)

    def _check_titles(self) -> bool:
        """Add an error if no column has a title or a name."""
        fields = [field for _, some in self.list_sheets() for field in some]
        if any(field.data in {"title", *NAME_FIELDS} for field in fields):
            return True
        message = gettext("Choose which column has the session titles or speaker names")
        fields[0].errors = [*fields[0].errors, message]
        return False


def _column_name(sheet_number: int, column: Column) -> str:
    return f"column_{sheet_number}_{column.index}"


def _list_meanings(sheet: SheetOverview, fields: Sequence[Field]) -> list[str]:
    """List the meaning of each column of a sheet, including those that were not shown."""
    chosen = {column.index: field.data for column, field in zip(sheet.columns, fields, strict=True)}
    return [chosen.get(index, "") for index in range(len(sheet.header))]


def _build_column_field(column: Column) -> SelectField:
    label = (
        gettext("Column %(letter)s: %(name)s", letter=column.letter, name=column.name)
        if column.name
        else gettext("Column %(letter)s", letter=column.letter)
    )
    samples = "; ".join(column.samples)
    meanings = [
        SelectChoice(one, name) for one, name in MEANING_LABELS.items() if one not in NOT_OFFERED
    ]
    return SelectField(
        label,
        choices=[SelectChoice("", _l("Do not load this column")), *meanings],
        default=column.meaning,
        description=gettext("For example: %(samples)s", samples=samples) if samples else "",
    )


def _build_date_field(overview: TableOverview) -> RadioField:
    date = overview.unclear_dates[0].strip()
    return RadioField(
        gettext("How are dates such as “%(date)s” written?", date=date),
        [InputRequired(NO_ANSWER)],
        choices=[
            SelectChoice(DAY_FIRST, _l("Day first")),
            SelectChoice(MONTH_FIRST, _l("Month first")),
        ],
        default=overview.date_order or None,
    )


def _build_person_field(alike: SimilarNames, overview: TableOverview) -> RadioField:
    spellings = ", ".join(f"“{name}” ({where})" for name, where in alike.spellings)
    known = (
        gettext(" and “%(name)s” in the programme", name=alike.known_name)
        if alike.known_name
        else ""
    )
    answered = overview.same_people.get(alike.key)
    return RadioField(
        gettext("Are these the same person: %(names)s?", names=f"{spellings}{known}"),
        [InputRequired(NO_ANSWER)],
        choices=[
            SelectChoice(SAME, gettext("Yes, use “%(name)s”", name=alike.best_name)),
            SelectChoice(DIFFERENT, _l("No, they are different people")),
        ],
        default={True: SAME, False: DIFFERENT}.get(answered) if answered is not None else None,
    )
