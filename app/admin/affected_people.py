"""Counts of the people a change affects: participants, agenda owners, delegates of that day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext, ngettext
from sqlalchemy import Select, func, literal, select, union_all

from app.admin.publishing.presentation import DelegatesByDay
from app.agenda.models import Star
from app.database import db
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.history.models import HistoryEntry
from app.programme.models import Appearance, Session, Speaker

NAME, AGENDAS, DELEGATES = "name", "agendas", "delegates"  # kinds of rows


@dataclass(frozen=True)
class AffectedPeople:
    """The people whom a change of sessions affects."""

    names: Sequence[str]  # of the participants
    agendas: int  # agendas in which a session is starred
    delegates: int  # delegates who attend on the days of the sessions
    days: int = 1  # on how many days the sessions are

    def __bool__(self) -> bool:
        """Return True if anyone is affected."""
        return bool(self.names or self.agendas or self.delegates)

    def describe(self) -> str:
        """Return a sentence with the numbers, or "" if no one is affected."""
        parts = [text for count, text in self._counts() if count]
        return str(gettext("Affects %(people)s.", people=", ".join(parts))) if parts else ""

    def _counts(self) -> Iterable[tuple[int, str]]:
        taking_part = len(self.names)
        yield (
            taking_part,
            ngettext("%(num)s person who takes part", "%(num)s people who take part", taking_part),
        )
        yield self.agendas, ngettext("%(num)s agenda", "%(num)s agendas", self.agendas)
        yield self.delegates, self._describe_delegates()

    def _describe_delegates(self) -> str:
        number = self.delegates
        if self.days > 1:
            return str(
                ngettext(
                    "%(num)s delegate on those days", "%(num)s delegates on those days", number
                )
            )
        return str(
            ngettext("%(num)s delegate on that day", "%(num)s delegates on that day", number)
        )


def find_affected(
    session: Session, zone: ZoneInfo, entry: HistoryEntry | None = None
) -> AffectedPeople:
    """Return the people a session affects, in one query; ``entry`` adds those of its old day."""
    return _find([session], [*_moments(session, entry)], zone)


def find_affected_by_several(sessions: Sequence[Session], zone: ZoneInfo) -> AffectedPeople:
    """Return the people any of these sessions affects, in one query."""
    return _find(sessions, [session.starts_at for session in sessions], zone)


def _find(
    sessions: Sequence[Session], moments: Iterable[datetime | str | None], zone: ZoneInfo
) -> AffectedPeople:
    rows = db.session.execute(
        union_all(_select_names(sessions), _select_agendas(sessions), _select_delegates())
    ).all()
    found: dict[str, list[tuple[str, int]]] = {NAME: [], AGENDAS: [], DELEGATES: []}
    for kind, text, number in rows:
        found[kind].append((text, number))
    days = {day for moment in moments if (day := _to_day(moment, zone))}
    return AffectedPeople(
        [name for name, _ in sorted(found[NAME], key=lambda one: one[1])],
        sum(count for _, count in found[AGENDAS]),
        DelegatesByDay(found[DELEGATES]).count_on(days),
        len(days),
    )


def _select_names(sessions: Sequence[Session]) -> Select[tuple[str, str, int]]:
    return (
        select(literal(NAME), Speaker.name, func.min(Appearance.position))
        .join(Appearance, Appearance.speaker_id == Speaker.id)
        .where(Appearance.session_id.in_([session.id for session in sessions]))
        .group_by(Speaker.id, Speaker.name)
    )


def _select_agendas(sessions: Sequence[Session]) -> Select[tuple[str, str, int]]:
    return select(literal(AGENDAS), literal(""), func.count(Star.agenda_id.distinct())).where(
        Star.session_key.in_([session.key for session in sessions])
    )


def _select_delegates() -> Select[tuple[str, str, int]]:
    return (
        select(literal(DELEGATES), Delegate.days, func.count())
        .where(ATTENDING)
        .group_by(Delegate.days)
    )


def _moments(session: Session, entry: HistoryEntry | None) -> Iterable[datetime | str | None]:
    yield session.starts_at
    for change in entry.field_changes if entry else ():
        if change.field == "starts_at":
            yield change.before


def _to_day(moment: datetime | str | None, zone: ZoneInfo) -> date | None:
    if not moment:
        return None
    parsed = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
    return parsed.astimezone(zone).date()
