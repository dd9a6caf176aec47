"""What the page of a session says besides what was typed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.content import prose
from app.programme import clashes, releases
from app.programme.clashes import Clash
from app.programme.editing import published, sessions_listed
from app.programme.models import CONFIRMED, Session


@dataclass(frozen=True)
class Facts:
    """What is known of a session."""

    abstract: str  # HTML
    description: str  # HTML
    links: Sequence[tuple[str, str]]
    clashes: Sequence[Clash]
    slugs: Mapping[str, str]  # of the sessions with which it clashes, by their keys
    is_public: bool
    awaits_publishing: bool
    may_be_deleted: bool  # what readers have seen is cancelled instead


def of(session: Session) -> Facts:
    """Gather what is known of a session."""
    is_public = published.is_now(session)
    found = clashes.by_session(clashes.working()).get(session.key, ())
    return Facts(
        abstract=prose.safe_html(session.abstract),
        description=prose.safe_html(session.description),
        links=[(address, label) for address, label in json.loads(session.links)],
        clashes=found,
        slugs=sessions_listed.slugs([clash.other for clash in found if clash.other]),
        is_public=is_public,
        awaits_publishing=_awaits_publishing(session, is_public=is_public),
        may_be_deleted=not is_public and not published.was_ever(session),
    )


def _awaits_publishing(session: Session, *, is_public: bool) -> bool:
    """Whether readers will see something else of a session once the programme is published."""
    if not is_public:
        return session.state == CONFIRMED
    last = releases.current().published_at
    changed = session.changed_at
    return last is not None and changed is not None and changed > last
