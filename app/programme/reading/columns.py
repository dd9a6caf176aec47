"""The columns of a table, known by their names however these are spelt."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.programme.reading.written import Says

NOT_IN_A_NAME = re.compile(r"[\W_]+")
NAMES: Mapping[str, str] = {  # what each is for: the names it goes by
    "key": "key id guid uid code identifier number sessionid speakerid",
    "slug": "slug address",
    "title": "title sessiontitle session talk talktitle titel titre titulo",
    "subtitle": "subtitle untertitel soustitre",
    "kind": "kind type sessiontype format art",
    "day": "day date tag datum jour fecha",
    "start": "start starts startsat starttime begin begins from time beginn debut inicio",
    "end": "end ends endsat endtime until to finish ende fin",
    "duration": "duration length minutes dauer duree duracion",
    "room": "room location place venue hall raum salle sala",
    "theme": "theme track topic stream thema theme tema",
    "people": "people speakers speaker presenter presenters persons panel personen personnes",
    "language": "language sprache langue idioma",
    "abstract": "abstract summary kurzfassung resume resumen",
    "description": "description details beschreibung descripcion",
    "links": "links link url website",
    "licence": "licence license lizenz",
    "state": "state status",
    "cancelled": "cancelled canceled",
    "illustrative": "illustrative",
    "recorded": "recorded recording",
    "name": "name fullname speakername nom nombre",
    "honorific": "honorific titlebeforethename salutation prefix anrede civilite",
    "pronunciation": "pronunciation howtosaythename phonetic phonetically aussprache",
    "pronouns": "pronouns pronoun pronomen pronoms",
    "given": "firstname first givenname givennames forename vorname prenom",
    "family": "lastname last familyname surname nachname nomdefamille apellido apellidos",
    "role": "role position jobtitle job funktion fonction cargo",
    "organisation": "organisation organization affiliation institution company employer firma",
    "country": "country land pays pais",
    "biography": "biography bio about biographie biografie biografia",
    "sessions": "sessions talks",  # of a speaker; the sessions themselves say who appears
}
KNOWN = {name: field for field, names in NAMES.items() for name in names.split()}
SCHEDULED = frozenset({"kind", "day", "start", "end", "duration", "room", "theme", "people"})
A_NAME = frozenset({"name", "given", "family"})
ONLY_A_SESSION_HAS = SCHEDULED | {"subtitle", "language", "abstract", "description"}
ALIKE = {"title", "subtitle", "kind", "room", "theme", "language", "abstract", "description"}
SAID_OF_SESSIONS: Mapping[str, str] = {  # the fields of a session, by what a column is for
    **{name: name for name in (*ALIKE, "links", "licence", "illustrative", "recorded")},
    "start": "starts_at",
    "end": "ends_at",
    "duration": "ends_at",
    "people": "appearances",
    "cancelled": "cancelled",
}
OF_PROFILES = frozenset({"honorific", "pronunciation", "pronouns", "links"})
SAID_OF_SPEAKERS = frozenset({"role", "organisation", "country", "biography"})


@dataclass(frozen=True)
class Columns:
    """Which column holds what: of sessions, of speakers, or of sessions with a speaker each."""

    places: Mapping[str, int]  # by what each is for
    unknown: tuple[str, ...]  # names of columns that are not read

    @property
    def tells_of_sessions(self) -> bool:
        """Whether each row is a session."""
        return "title" in self.places

    @property
    def tells_of_speakers(self) -> bool:
        """Whether each row is a speaker."""
        return bool(A_NAME & set(self.places))

    @property
    def of_profiles(self) -> frozenset[str]:
        """Which fields of a profile they hold; where rows are sessions, links are theirs."""
        held = OF_PROFILES & set(self.places)
        return held - {"links"} if self.tells_of_sessions else held

    @property
    def says(self) -> Says:
        """What these columns have a word for."""
        held = set(self.places)
        of_sessions = {SAID_OF_SESSIONS[name] for name in held & set(SAID_OF_SESSIONS)}
        if "state" in held:
            of_sessions |= {"cancelled", "draft"}
        if self.tells_of_speakers:
            of_sessions |= {"appearances"}
        return Says(
            frozenset(of_sessions) if self.tells_of_sessions else frozenset(),
            frozenset({"name"} | held & SAID_OF_SPEAKERS | self.of_profiles)
            if self.tells_of_speakers
            else frozenset(),
        )


def of(head: Sequence[str]) -> Columns:
    """Tell what the columns of a table hold by what stands above them; the first of two counts."""
    places: dict[str, int] = {}
    unknown = []
    for place, name in enumerate(head):
        field = KNOWN.get(_spelt(name))
        if field is not None and field not in places:
            places[field] = place
        elif name.strip():
            unknown.append(name.strip())
    return Columns(_told_apart(places), tuple(unknown))


def _told_apart(places: dict[str, int]) -> dict[str, int]:
    """Settle what a name alone does not tell: whose name, whose title, whose description."""
    if not {"title", *A_NAME} & set(places) and "people" in places:
        places["name"] = places.pop("people")  # Speaker, Biography
    if "name" in places and "title" not in places and SCHEDULED & set(places):
        places["title"] = places.pop("name")  # Name, Room, Start
    if not A_NAME & set(places):
        return places
    if "title" in places and not ONLY_A_SESSION_HAS & set(places):
        places.setdefault("role", places.pop("title"))  # Name, Title, Organisation
    if "title" not in places and {"description", "abstract"} & set(places):
        place = places.pop("abstract", places.pop("description", 0))
        places.setdefault("biography", place)  # Name, Description
    return places


def _spelt(name: str) -> str:
    """Spell the name of a column in one way: “First name”, “first_name” and “firstName”."""
    plain = unicodedata.normalize("NFKD", name.strip().casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return NOT_IN_A_NAME.sub("", letters)
