"""Changes in a release that people know, because they requested them.

Senders got an email when their changes were approved, or saw that no approval was needed.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import joinedload

from app.database import db
from app.programme import snapshot
from app.programme.fields.sessions import SESSION_FIELDS
from app.programme.fields.speakers import SPEAKER_FIELDS
from app.programme.fields.table import FieldTable
from app.programme.models import Release, Session, Speaker
from app.proposals.models import ACCEPTED_STATES, Proposal
from app.releases import snapshot_builder

Content = snapshot.Speaker | snapshot.Session


class KnownChange(NamedTuple):
    """A field whose new value a person knows."""

    email: str  # in lower case
    table: str  # of the session or speaker
    key: str
    field: str


def list_known_changes(old: int | None, new: snapshot.Snapshot) -> frozenset[KnownChange]:
    """List the changes from a release to newer content that their senders know.

    A field that another person has changed again since is news to its sender as well. Later edits,
    and edits in the working programme only, do not matter here.
    """
    rows = (
        select(Proposal)
        .where(
            Proposal.state.in_(ACCEPTED_STATES),
            Proposal.sent_by != "",
            Proposal.decided_at >= _select_snapshot_time(old),
        )
        .options(joinedload(Proposal.speaker), joinedload(Proposal.session))
    )
    contents: dict[tuple[str, str], Content] = {
        **{(Speaker.__tablename__, speaker.key): speaker for speaker in new.speakers},
        **{(Session.__tablename__, session.key): session for session in new.sessions},
    }
    return frozenset(
        KnownChange(row.sent_by.lower(), *entity, field)
        for row in db.session.scalars(rows)
        if (entity := (row.entity.__tablename__, row.entity.key)) in contents
        for field in _iter_fields(row, contents[entity])
    )


def _iter_fields(proposal: Proposal, content: Content) -> Iterator[str]:
    """Yield the fields that have the requested value."""
    fields: FieldTable[Any] = SPEAKER_FIELDS if proposal.speaker else SESSION_FIELDS
    for name, value in proposal.final_values.items():
        if _get_value(content, name) == snapshot_builder.build_value(fields[name], value):
            yield name


def _get_value(content: Content, field: str) -> Any:
    value = getattr(content, field)
    return value.key if isinstance(value, snapshot.Photo) else value


def _select_snapshot_time(release: int | None) -> ScalarSelect[Any]:
    moment = func.coalesce(Release.snapshot_at, Release.published_at)
    return select(moment).where(Release.number == release).scalar_subquery()
