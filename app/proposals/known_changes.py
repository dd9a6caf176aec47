"""What people know of a release, because they asked for it.

Whoever sent changes got an email when they were approved, or saw that no approval was needed.
"""

from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import joinedload

from app.database import db
from app.programme.models import Release, Speaker
from app.proposals.models import ACCEPTED_STATES, AUTO_APPROVED, Proposal
from app.proposals.queries import get_field_set


class KnownChange(NamedTuple):
    """A field whose new value somebody knows."""

    email: str  # in lower case
    table: str  # of the session or speaker
    key: str
    field: str


def list_known_changes(old: int | None, new: int | None = None) -> frozenset[KnownChange]:
    """List what senders know of the changes between two releases, or since one.

    A field that somebody else has changed again since then is news to its sender as well.
    """
    rows = (
        select(Proposal)
        .where(
            Proposal.state.in_(ACCEPTED_STATES),
            Proposal.sent_by != "",
            Proposal.decided_at >= _select_snapshot_time(old),
        )
        .options(
            joinedload(Proposal.speaker).joinedload(Speaker.photo), joinedload(Proposal.session)
        )
    )
    if new is not None:  # an earlier release may be public again, without what came after it
        is_auto_approved = Proposal.state == AUTO_APPROVED  # those are added to older snapshots
        published = select(Release.published_at).where(Release.number == new).scalar_subquery()
        rows = rows.where(
            or_(
                Proposal.decided_at <= _select_snapshot_time(new),
                and_(is_auto_approved, Proposal.decided_at <= published),
            )
        )
    return frozenset(
        KnownChange(row.sent_by.lower(), row.entity.__tablename__, row.entity.key, field)
        for row in db.session.scalars(rows)
        for field, value in row.final_values.items()
        if get_field_set(row.entity).get_value(row.entity, field) == value
    )


def _select_snapshot_time(release: int | None) -> ScalarSelect[Any]:
    moment = func.coalesce(Release.snapshot_at, Release.published_at)
    return select(moment).where(Release.number == release).scalar_subquery()
