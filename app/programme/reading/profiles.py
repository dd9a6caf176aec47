"""What our own JSON and tables tell of a speaker beside what every format has words for."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.programme import profile
from app.programme.reading import words
from app.programme.reading.found import FoundPerson
from app.programme.reading.notebook import Notebook
from app.programme.reading.values import first, record, records
from app.programme.reading.written import WrittenProfile


def read(found: FoundPerson, notebook: Notebook) -> WrittenProfile:
    """Read it; a link that may stand on no page and a language that we do not know are left out."""
    told = record(found.profile)
    return WrittenProfile(
        honorific=words.line(first(told, "honorific"), found.where, notebook),
        pronunciation=words.line(first(told, "pronunciation"), found.where, notebook),
        pronouns=words.line(first(told, "pronouns"), found.where, notebook),
        biographies=tuple(sorted(_biographies(told, found, notebook))),
        links=tuple(_links(told, found, notebook)),
    )


def _biographies(
    told: Mapping[str, Any], found: FoundPerson, notebook: Notebook
) -> Iterator[tuple[str, str]]:
    for code, text in record(told.get("biographies")).items():
        if code not in profile.LANGUAGES:
            reason = f"No biography can be in the language {code[:20]}"
            notebook.left_out(found.where, found.name, reason)
        elif isinstance(text, str) and text.strip():
            yield code, words.text(text, found.name, found.where, notebook)


def _links(
    told: Mapping[str, Any], found: FoundPerson, notebook: Notebook
) -> Iterator[tuple[str, str]]:
    for link in records(told.get("links"), f"{found.where}, links", notebook):
        address = first(link, "address")
        if wrong := profile.fault(address):
            notebook.left_out(found.where, found.name, f"The link {address[:60]} {wrong}")
        else:
            label = words.line(first(link, "label"), found.where, notebook)
            yield from map(_pair, profile.read_links(f"{address} {label}"))


def _pair(link: list[str]) -> tuple[str, str]:
    address, label = link
    return address, label
