"""What organisers chose about how a table is to be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True)
class ColumnChoices:
    """What columns mean, as chosen for this table or for an earlier one."""

    by_header: Mapping[str, Sequence[str]] = field(default_factory=dict)  # meanings by header key
    by_name: Mapping[str, str] = field(default_factory=dict)  # for names that we do not know


@dataclass(frozen=True)
class TableChoices:
    """All choices; those of people are whether spellings of a name mean one person."""

    columns: ColumnChoices = field(default_factory=ColumnChoices)
    date_order: str = ""  # "": as other dates of the file show
    same_people: Mapping[str, bool] = field(default_factory=dict)  # by plain name


NO_COLUMN_CHOICES: Final = ColumnChoices()
NO_CHOICES: Final = TableChoices()
_adapter = TypeAdapter(TableChoices)


def dump(choices: TableChoices) -> str:
    """Return the choices as JSON."""
    return _adapter.dump_json(choices).decode()


def load(text: str) -> TableChoices:
    """Return the choices in a JSON text; none if it is empty or something else."""
    try:
        return _adapter.validate_json(text) if text else NO_CHOICES
    except ValidationError:
        return NO_CHOICES


def with_remembered(choices: TableChoices, remembered: ColumnChoices) -> TableChoices:
    """Return the choices completed by those for earlier tables."""
    columns = ColumnChoices(
        {**remembered.by_header, **choices.columns.by_header},
        {**remembered.by_name, **choices.columns.by_name},
    )
    return replace(choices, columns=columns)
