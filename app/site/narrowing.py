"""Filters of search: which sessions are meant, by day, theme, room, kind, language and access.

They stand in the address, so that what was found can be shared. What an address asks for that
this programme does not know is left out, and the page says so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from app import edition
from app.forms import one_line, without_hidden
from app.programme import lines
from app.programme.document import Session
from app.programme.finding.things import Thing
from app.programme.published import Programme
from app.programme.shown import feature_name, kind_name, language_name
from app.web import languages
from app.web.words import local_date, zone

ACCESS = "access"  # the one filter of which several may be chosen, and all must hold
MOST_SHOWN = 3  # unknown values
LONGEST_SHOWN = 40  # characters of one
Options = Sequence[tuple[str, str]]  # values and their labels


@dataclass(frozen=True)
class Filter:
    """One thing by which sessions are told apart."""

    name: str
    label: str
    options: Options
    chosen: tuple[str, ...]

    @property
    def told(self) -> Iterator[str]:
        """Name what was chosen."""
        return (label for value, label in self.options if value in self.chosen)


@dataclass(frozen=True)
class Narrowing:
    """What an address asks for."""

    filters: Sequence[Filter]
    ignored: Sequence[str]  # what it asked for that is not known here
    sessions: Sequence[Session]

    @property
    def told(self) -> Sequence[str]:
        """Name all that was chosen."""
        return list(chain.from_iterable(one.told for one in self.filters))

    @property
    def question(self) -> Mapping[str, list[str]]:
        """Give what was chosen, for an address."""
        return {one.name: list(one.chosen) for one in self.filters if one.chosen}

    def keeps(self, thing: Thing) -> bool:
        """Whether something is meant: a session, and one that is as was chosen."""
        return thing.kind == "session" and thing.slug in self._slugs

    @cached_property
    def _slugs(self) -> frozenset[str]:
        wanted = self.question
        return frozenset(
            session.slug
            for session in self.sessions
            if all(set(values) <= set(OF[name](session)) for name, values in wanted.items())
        )


def asked(programme: Programme, question: MultiDict[str, str]) -> Narrowing:
    """Read the filters of an address."""
    filters, ignored = [], []
    for name, label, options in edition.kept(
        f"filters {languages.current().code}", lambda: list(_offered(programme))
    ):
        typed = [value for value in question.getlist(name) if value]
        known = dict(options)
        good = [value for value in dict.fromkeys(typed) if value in known]
        chosen = good if name == ACCESS else good[:1]
        ignored += [value for value in typed if value not in known]
        filters.append(Filter(name, label, options, tuple(chosen)))
    told = [one_line(without_hidden(value))[:LONGEST_SHOWN] for value in ignored[:MOST_SHOWN]]
    return Narrowing(filters, [value for value in told if value], programme.sessions)


def _offered(programme: Programme) -> Iterator[tuple[str, str, Options]]:
    """List what can be chosen; where there is no choice, nothing."""
    days = [(day.date.isoformat(), local_date(day.date)) for day in programme.days]
    yield "day", gettext("Day"), days
    yield "theme", gettext("Theme"), [(one.slug, one.name) for one in programme.themes]
    yield "room", gettext("Room"), [(one.slug, one.name) for one in programme.rooms]
    yield "kind", gettext("Kind"), _named("kind", programme, kind_name)
    yield "language", gettext("Language"), _named("language", programme, language_name)
    yield ACCESS, gettext("Access in the room"), _named(ACCESS, programme, feature_name)


def _named(name: str, programme: Programme, say: Callable[[str], str]) -> Options:
    values = {value for session in programme.sessions for value in OF[name](session)}
    return sorted(((value, say(value)) for value in values), key=lambda one: one[1].casefold())


def _day(session: Session) -> Iterator[str]:
    day = lines.on(session, zone())
    return iter([day.isoformat()] if day else [])


OF: Mapping[str, Callable[[Session], Iterable[str]]] = {
    "day": _day,
    "theme": lambda session: [session.theme.slug] if session.theme else [],
    "room": lambda session: [session.room.slug] if session.room else [],
    "kind": lambda session: [session.kind] if session.kind else [],
    "language": lambda session: [session.language] if session.language else [],
    ACCESS: lambda session: session.room.features if session.room else (),
}
