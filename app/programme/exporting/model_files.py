"""Model tables: what to fill in, for people who keep their programme in a spreadsheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.programme.exporting.tables import Table


@dataclass(frozen=True)
class Column:
    """A column of a model table: its name, what it holds, and an example of that."""

    name: str
    holds: Any  # words in the reader's language
    example: str


SESSIONS = (
    Column("Title", _l("What the session is called. Only this is needed"), "Fair financing"),
    Column("Subtitle", _l("A second line of the title"), ""),
    Column(
        "Kind", _l("Plenary, parallel session, break, workshop, or a kind of your own"), "Plenary"
    ),
    Column("Day", _l("2008-11-06 or 6 November 2008"), "2008-11-06"),
    Column("Starts", _l("9:30 or 9:30am, by the clocks of the conference"), "09:30"),
    Column("Ends", _l("The same. Or a column Length, in minutes"), "10:30"),
    Column("Room", _l("Its name. A room that is not known yet is added"), "Main hall"),
    Column("Theme", _l("Its name. A theme that is not known yet is added"), "Fair financing"),
    Column("People", _l("One a line, each with a role in brackets"), "Ada Marsh (Chair)\nBo Lund"),
    Column("Language", _l("Its code: en, fr, es"), "en"),
    Column("Abstract", _l("What the session is about"), "Who pays for health, and who should."),
    Column("Description", _l("More about it"), ""),
    Column("Links", _l("Addresses, one a line"), "https://conference.example/paper"),
    Column("Cancelled", _l("Yes or no"), "No"),
    Column("Key", _l("Leave it empty, or as it was when you took the table away"), ""),
)
SPEAKERS = (
    Column(
        "Name", _l("The whole name. Only this is needed. Or First name and Last name"), "Ada Marsh"
    ),
    Column("Title before the name", _l("Professor, Dr, or nothing"), "Dr"),
    Column("How to say the name", _l("In plain letters"), "AY-da marsh"),
    Column("Pronouns", _l("As somebody gives them"), "she/her"),
    Column("Role", _l("What somebody is"), "Professor of public health"),
    Column("Organisation", _l("Where somebody works"), "University of the Marshes"),
    Column("Country", _l("Where that is"), "Kenya"),
    Column("Biography", _l("A few sentences"), "Ada Marsh studies who pays for health."),
    Column(
        "Links",
        _l("Addresses, one a line, each with words after it"),
        "https://marshes.example/ada University page",
    ),
    Column("Key", _l("Leave it empty, or as it was when you took the table away"), ""),
)
MODELS: Mapping[str, Sequence[Column]] = {"sessions": SESSIONS, "speakers": SPEAKERS}


def table(name: str) -> Table:
    """Give the names of the columns and one row of examples."""
    columns = MODELS[name]
    return [one.name for one in columns], [[one.example for one in columns]]
