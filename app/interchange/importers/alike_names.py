"""Names that may mean one person: “Dr Ann Smith”, “Smith, Ann” and “Ann Smith”."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.interchange.importers.parsed_programme import ImportLog
from app.interchange.importers.raw import RawPerson, RawProgramme, TargetConference
from app.interchange.importers.table_choices import HONORIFICS
from app.interchange.importers.text import normalise_name

WORD = re.compile(r"[^\W_]+")
LEADING_WORD = re.compile(r"\s*([^\W\d_]+)[.,]?[\s-]+")
SUFFIX_WORDS: Final = "phd md msc mph mba frcp facp dphil jr sr drph mbbs rn"
SUFFIXES: Final = frozenset(SUFFIX_WORDS.split())
TRAILING_SUFFIX = re.compile(r"(?<![,\s])[,\s]++([\w.]{2,8})\s*$")
MAX_LENGTH: Final = 200  # characters


@dataclass(frozen=True)
class SimilarNames:
    """Spellings that may mean one person, with their places in the file."""

    key: str
    spellings: tuple[tuple[str, str], ...]  # pairs of a name and its first place
    known_name: str = ""  # the spelling in the programme, if any

    @property
    def best_name(self) -> str:
        """The name to import for the person."""
        return self.known_name or plain_name(self.spellings[0][0])


def find_alike(raw: RawProgramme, target: TargetConference) -> list[SimilarNames]:
    """List the people with several spellings in the file, or in the file and the programme."""
    places: dict[str, dict[str, str]] = defaultdict(dict)
    spelt: dict[str, set[str]] = defaultdict(set)
    for person in iterate_people(raw):
        name = " ".join(person.name.split())
        if key := plain_key(name):
            places[key].setdefault(name, person.where)
            spelt[key].add(normalise_name(name))
    known = {plain_key(name): name for name in reversed(target.speaker_names)}
    for key, name in known.items():
        if key in spelt:
            spelt[key].add(normalise_name(name))
    return [
        SimilarNames(key, tuple(places[key].items()), known.get(key, ""))
        for key, names in spelt.items()
        if len(names) > 1
    ]


def resolve(
    raw: RawProgramme, target: TargetConference, choices: Mapping[str, bool], log: ImportLog
) -> None:
    """Give one name to people confirmed to be the same; note others that may be."""
    for alike in find_alike(raw, target):
        names = ", ".join(f"“{name}”" for name, _ in alike.spellings)
        first, where = alike.spellings[0]
        if choices.get(alike.key):
            _rename(raw, alike)
            log.add_fix(where, alike.best_name, f"{names} was loaded as one person, as you chose")
        elif alike.key not in choices:
            also = f" and “{alike.known_name}” in the programme" if alike.known_name else ""
            log.add_fix(
                where,
                first,
                f"{names}{also} may be the same person; they were loaded as separate people",
            )


def _rename(raw: RawProgramme, alike: SimilarNames) -> None:
    for person in iterate_people(raw):
        if plain_key(person.name) == alike.key:
            honorific = _split_honorific(person.name[:MAX_LENGTH])[0]
            person.name = alike.best_name
            if honorific and not person.values.get("honorific"):
                person.values["honorific"] = honorific


def iterate_people(raw: RawProgramme) -> Iterator[RawPerson]:
    """Yield every mention of a person in a file."""
    yield from raw.people
    for session in raw.sessions:
        yield from session.people


def plain_name(name: str) -> str:
    """Return “Ann Smith” for “Smith, Dr Ann” and “Prof. Ann Smith, PhD”."""
    bare = _split_suffixes(" ".join(name[:MAX_LENGTH].split()))
    family, comma, given_name = bare.partition(",")
    if comma and family.strip() and given_name.strip() and "," not in given_name:
        bare = f"{_split_honorific(given_name)[1]} {family.strip()}"
    return _split_honorific(bare)[1]


def plain_key(name: str) -> str:
    """Return a key that is equal for all spellings that may mean one person."""
    letters = unicodedata.normalize("NFKD", plain_name(name).casefold())
    return " ".join(
        WORD.findall("".join(letter for letter in letters if not unicodedata.combining(letter)))
    )


def _split_honorific(name: str) -> tuple[str, str]:
    """Split “Prof. Dr Ann Smith” into the titles and the name."""
    rest, titles = name.strip(), []
    while (match := LEADING_WORD.match(rest)) and match[1].casefold() in HONORIFICS:
        titles.append(match[1])
        rest = rest[match.end() :]
    return " ".join(titles), rest


def _split_suffixes(name: str) -> str:
    """Return a name without PhD, MD and the like at its end."""
    while match := TRAILING_SUFFIX.search(name):
        if match[1].replace(".", "").casefold() not in SUFFIXES:
            break
        name = name[: match.start()]
    return name
