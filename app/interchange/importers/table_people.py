"""People in the cells of a table: several in one, with roles, titles and email addresses."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from app.interchange.importers import spreadsheet_times
from app.interchange.importers.conference import EMAIL_ADDRESS
from app.interchange.importers.parsed import ImportLog
from app.interchange.importers.raw import RawPerson

NAME_WITH_ROLE = re.compile(
    r"(.{1,200}?)\s*\(([A-Za-z][a-z]{2,30}(?: [a-z]{2,30})?)\)$"
)  # Ada (Chair)
CELL_SEPARATOR = re.compile(  # a semicolon or a line break, with the whitespace around it
    r"(?:(?<!\s)(?=\s*+;|[^\S\n]*+\n)\s*+;?|;)\s*+"
)
NAME_SEPARATOR = re.compile(r"(?<!\s)\s++(?:&|and|und|et)\s++")
EMAIL_SEPARATOR = re.compile(r"[\s,;]+")
EMAIL_IN_NAME = re.compile(
    r"[<(\[]?\b([^\s<>()\[\],;:@]{1,64}@[^\s<>()\[\],;:@]{1,200})[>)\]]?"  # Ada <ada@example.org>
)
CONTACT: Final = "contact_address"


def parse_people(cell: str, where: str, log: ImportLog, role: str = "") -> Iterator[RawPerson]:
    """Yield people separated by line breaks or semicolons, each with a role in brackets."""
    entries = [one for one in CELL_SEPARATOR.split(cell) if one]
    if len(entries) == 1 and _has_comma_list(cell):
        entries = cell.split(",")
        log.add_fix(where, cell, "It names several people; we split them at commas")
    for entry in entries:
        text, addresses = _split_emails(entry)
        names = split_names(text, where, log)
        for number, name in enumerate(names):
            match = NAME_WITH_ROLE.match(name)
            stated = match[2].lower().replace(" ", "-") if match else role
            address = addresses[number] if len(addresses) == len(names) else ""
            yield RawPerson(
                match[1] if match else name,
                appearance_role=stated,
                where=where,
                values={CONTACT: address} if address else {},
            )


def parse_person(cell: str, where: str, log: ImportLog) -> Iterator[RawPerson]:
    """Yield the person of a row, or two who share it; “Smith, Ann” is one."""
    text, addresses = _split_emails(cell)
    names = split_names(text, where, log)
    for number, name in enumerate(names):
        address = addresses[number] if len(addresses) == len(names) else ""
        yield RawPerson(name, where=where, values={CONTACT: address} if address else {})


def split_names(text: str, where: str, log: ImportLog) -> list[str]:
    """Split two people in one cell; leave out “TBC” and “N.N.”."""
    names = [one for one in NAME_SEPARATOR.split(text.strip(" ,")) if one]
    if len(names) > 1:
        log.add_fix(where, text.strip(), f"It names {len(names)} people; we split the names")
    undecided = [one for one in names if spreadsheet_times.is_undecided(one)]
    for name in undecided:
        log.add_skipped(where, name, "It is not a person’s name")
    return [one for one in names if one not in undecided]


def parse_emails(cell: str, names: Sequence[str], where: str, log: ImportLog) -> dict[str, str]:
    """Return the email address of each name, if the cell has one for each."""
    if spreadsheet_times.is_undecided(cell):
        return {}
    addresses = [one.strip("<>()[]") for one in EMAIL_SEPARATOR.split(cell) if one]
    wrong = [one for one in addresses if not EMAIL_ADDRESS.match(one)]
    if wrong or len(addresses) != len(names):
        reason = (
            f"This is not an email address: {wrong[0][:60]}"
            if wrong
            else f"There are {len(addresses)} email addresses for {len(names)} people"
        )
        log.add_skipped(where, ", ".join(names), reason)
        return {}
    return dict(zip(names, addresses, strict=True))


def _split_emails(text: str) -> tuple[str, list[str]]:
    """Return a text without the email addresses in it, and these."""
    addresses = [one for one in EMAIL_IN_NAME.findall(text) if EMAIL_ADDRESS.match(one)]
    return (EMAIL_IN_NAME.sub(" ", text).strip(), addresses) if addresses else (text, [])


def _has_comma_list(cell: str) -> bool:
    """Return True if commas separate whole names, not family and given names."""
    parts = [part.split() for part in cell.split(",")]
    whole = [1 < len(words) < 6 for words in parts]
    return len(parts) > 1 and (all(whole) or (len(parts) > 2 and sum(whole) * 2 > len(parts)))
