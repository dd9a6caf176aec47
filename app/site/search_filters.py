"""Filters for sessions, in the search and above the programme: day, theme, room, type, and so on.

The filters are in the URL, so results can be shared. Values that this programme does not know are
ignored, and the page says so.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from zoneinfo import ZoneInfo

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from app import cache_version
from app.programme import listing
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.table import WORDS
from app.programme.labels import feature_name, kind_name, language_name
from app.programme.listing import SessionListing
from app.programme.snapshot import Room, Session, Theme
from app.releases.published_programme import PublishedProgramme
from app.releases.search_index import SearchDocument
from app.text import collapse_whitespace, strip_hidden
from app.web import languages
from app.web.cache_params import short_text_param
from app.web.cache_policy import ParamReader
from app.web.formatting import conference_zone, local_date

ACCESS = "access"  # the only filter with several values; all must match
PROGRAMME_FILTERS = ("theme", "kind", "room", "language", ACCESS)  # above the programme
MAX_IGNORED_SHOWN = 3  # shown to the visitor
MAX_IGNORED_LENGTH = 40  # characters
READ_FILTER = short_text_param(200)
UNKNOWN_VALUE = "\0"  # not printable, so READ_FILTER never returns it
MAX_WORDS_OFFERED = 100  # of a filter by words, in addition to the chosen one
FacetOptions = Sequence[tuple[str, str]]  # value, label


@dataclass(frozen=True)
class Facet:
    """One filter with its options and the chosen values."""

    name: str
    label: str
    options: FacetOptions
    chosen: tuple[str, ...]

    @property
    def labels(self) -> Iterator[str]:
        """Yield the labels of the chosen values."""
        return (label for value, label in self.options if value in self.chosen)

    @property
    def is_useful(self) -> bool:
        """Whether it distinguishes sessions; one room feature does, since other rooms lack it."""
        return len(self.options) > 1 or (self.name == ACCESS and bool(self.options))


@dataclass(frozen=True)
class SearchFilters:
    """The filters of a search."""

    facets: Sequence[Facet]
    ignored: Sequence[str]  # values that this programme does not know
    ignored_labels: Sequence[str]  # of the filters they were in
    sessions: Sequence[Session]

    @property
    def labels(self) -> Sequence[str]:
        """Return the labels of all chosen values."""
        return list(chain.from_iterable(facet.labels for facet in self.facets))

    @property
    def query_params(self) -> Mapping[str, list[str]]:
        """Return the chosen values as query parameters."""
        return {facet.name: list(facet.chosen) for facet in self.facets if facet.chosen}

    def toggle(self, name: str, value: str) -> Mapping[str, list[str]]:
        """Return the query parameters with this value added, or removed if it is chosen."""
        others = {one: chosen for one, chosen in self.query_params.items() if one != name}
        return others if value in self.query_params.get(name, ()) else {**others, name: [value]}

    def narrow(self, sessions: Iterable[Session], zone: ZoneInfo) -> SessionListing:
        """Return the sessions that match all filters, by day."""
        return listing.build_listing(filter(self.matches_session, sessions), zone)

    def matches_session(self, session: Session) -> bool:
        """Return True if a session matches all filters."""
        return all(
            set(values) <= set(FACET_VALUES[name](session))
            for name, values in self.query_params.items()
        )

    def matches(self, document: SearchDocument) -> bool:
        """Return True if a document is a session that matches all filters."""
        return document.kind == "session" and document.slug in self._slugs

    @cached_property
    def _slugs(self) -> frozenset[str]:
        return frozenset(session.slug for session in filter(self.matches_session, self.sessions))


def parse_filters(
    programme: PublishedProgramme,
    args: MultiDict[str, str],
    names: Collection[str] | None = None,
) -> SearchFilters:
    """Return the filters in the query parameters: all of them, or those with these names."""
    facets, ignored, ignored_labels = [], [], []
    for name, label, options, frequent in _list_facets(programme):
        if names is not None and name not in names:
            continue
        typed = [_fold(name, value) for value in args.getlist(name) if value]
        typed = [_follow_redirect(programme, name, value) for value in typed]
        known = dict(options)
        valid = [value for value in dict.fromkeys(typed) if value in known]
        chosen = valid if name == ACCESS else valid[:1]
        unknown = [value for value in typed if value not in known]
        ignored += unknown
        ignored_labels += [label] if unknown else []
        offered = [option for option in options if option[0] in frequent or option[0] in chosen]
        facets.append(Facet(name, label, offered, tuple(chosen)))
    shown_values = [
        collapse_whitespace(strip_hidden(value))[:MAX_IGNORED_LENGTH]
        for value in ignored[:MAX_IGNORED_SHOWN]
    ]
    shown_values = [value for value in shown_values if value]
    return SearchFilters(facets, shown_values, ignored_labels, programme.sessions)


def build_readers(programme: PublishedProgramme) -> Mapping[str, ParamReader]:
    """Return readers of the filters above the programme for the values of this release.

    They map all unknown values to the same one, so that these share a page.
    """
    return {
        name: partial(_read_filter, programme, name, frozenset(value for value, _ in options))
        for name, _, options, _ in _list_facets(programme)
        if name in PROGRAMME_FILTERS
    }


def _read_filter(
    programme: PublishedProgramme, name: str, known: frozenset[str], asked: str
) -> str | None:
    filter_value = READ_FILTER(asked)
    if not filter_value:
        return filter_value
    value = _follow_redirect(programme, name, _fold(name, filter_value))
    return value if value in known else UNKNOWN_VALUE


def _list_facets(
    programme: PublishedProgramme,
) -> Sequence[tuple[str, str, FacetOptions, frozenset[str]]]:
    """List the name, label and options of each filter, and which options are frequent."""
    return cache_version.cached(
        f"filters {languages.current().code}",
        lambda: [
            (*one, _list_frequent(one[0], one[2], programme))
            for one in _available_facets(programme)
        ],
    )


def _available_facets(programme: PublishedProgramme) -> Iterator[tuple[str, str, FacetOptions]]:
    """Yield the name, label and options of each filter; options may be empty."""
    days = [(day.date.isoformat(), local_date(day.date)) for day in programme.days]
    yield "day", gettext("Day"), days
    yield "theme", gettext("Theme"), [(theme.slug, theme.name) for theme in programme.themes]
    yield "room", gettext("Room"), [(room.slug, room.name) for room in programme.rooms]
    for name, field in FILTER_FIELDS.items():
        label = VALUE_LABELS.get(name, str)
        facet_label = gettext("Type") if name == "kind" else gettext(field.label)
        yield name, facet_label, _labelled_options(name, programme, label)
    yield ACCESS, gettext("Access in the room"), _labelled_options(ACCESS, programme, feature_name)


def _labelled_options(
    name: str, programme: PublishedProgramme, label: Callable[[str], str]
) -> FacetOptions:
    field = FILTER_FIELDS.get(name)
    spellings: dict[str, str] = {}
    for session in programme.sessions:
        for value in _field_values(field.name, session) if field else FACET_VALUES[name](session):
            spellings.setdefault(_fold(name, value), value)
    labels = ((value, label(spelling)) for value, spelling in spellings.items())
    return sorted(labels, key=lambda one: one[1].casefold())


def _list_frequent(
    name: str, options: FacetOptions, programme: PublishedProgramme
) -> frozenset[str]:
    """Return the offered values: all of them, or the most frequent of words."""
    if name not in WORD_FILTERS:
        return frozenset(value for value, _ in options)
    counts = Counter(
        chain.from_iterable(FACET_VALUES[name](session) for session in programme.sessions)
    )
    return frozenset(value for value, _ in counts.most_common(MAX_WORDS_OFFERED))


def _fold(name: str, value: str) -> str:
    """Return a key by which words are equal regardless of case."""
    return value.casefold() if name in WORD_FILTERS else value


def _follow_redirect(programme: PublishedProgramme, name: str, value: str) -> str:
    """Return the current slug of a theme or room with this former slug."""
    by_filter: Mapping[str, Sequence[Room | Theme]] = {
        "theme": programme.themes,
        "room": programme.rooms,
    }
    entities = by_filter.get(name, ())
    if any(entity.slug == value for entity in entities):
        return value
    return programme.find_moved(name, value, entities) or value


def _session_day(session: Session) -> Iterator[str]:
    day = listing.day_of(session, conference_zone())
    return iter([day.isoformat()] if day else [])


def _field_values(name: str, session: Session) -> Iterable[str]:
    value = getattr(session, name)
    return value if isinstance(value, tuple) else [value] if value else []


def _filter_values(name: str, session: Session) -> list[str]:
    return [_fold(name, one) for one in _field_values(FILTER_FIELDS[name].name, session)]


FILTER_FIELDS = {field.filter_name: field for field in SESSION_FIELDS if field.filter_name}
WORD_FILTERS = frozenset(name for name, one in FILTER_FIELDS.items() if one.kind is WORDS)
VALUE_LABELS: Mapping[str, Callable[[str], str]] = {"kind": kind_name, "language": language_name}
FACET_VALUES: Mapping[str, Callable[[Session], Iterable[str]]] = {
    "day": _session_day,
    "theme": lambda session: [session.theme.slug] if session.theme else [],
    "room": lambda session: [session.room.slug] if session.room else [],
    **{name: partial(_filter_values, name) for name in FILTER_FIELDS},
    ACCESS: lambda session: session.room.features if session.room else (),
}
