"""Tasks about sessions, speakers' changes and uploads, and publishing the programme."""

from collections.abc import Sequence
from typing import Final

from flask_babel import ngettext
from sqlalchemy import ColumnElement, bindparam, select

from app import clock
from app.accounts import roles
from app.admin.tasks.open_tasks import (
    LATER,
    URGENT,
    WAITING,
    Task,
    count_where,
    list_url,
)
from app.interchange import uploads
from app.interchange.uploads import Upload
from app.programme import clashes
from app.programme.editing.session_queries import MISSING_CONDITIONS
from app.programme.models import Session
from app.proposals.models import OPEN, Proposal
from app.releases import queries
from app.releases.models import FAILED, ScheduledRelease
from app.speakers import places
from app.speakers.checklist import PLACE
from app.speakers.models import ItemDeadline
from app.web.formatting import local_day

LACKS: Final = MISSING_CONDITIONS
PROPOSALS: Final = "proposals"


def _count_uploads() -> ColumnElement[int]:
    """Return the subquery that counts the files that have not been deleted yet."""
    oldest = bindparam(
        "oldest_upload",
        callable_=lambda: clock.real_now() - uploads.RETENTION,
        type_=Upload.uploaded_at.type,
    )
    return count_where(Upload, Upload.uploaded_at > oldest)


def _count_sessions_without_place() -> ColumnElement[int]:
    """Return the subquery that counts them once the date set by the organisers has passed."""
    today = bindparam(
        "conference_day",
        callable_=lambda: local_day(clock.now()),
        type_=ItemDeadline.due_on.type,
    )
    has_passed = select(ItemDeadline.item).where(
        ItemDeadline.item == PLACE, ItemDeadline.due_on < today
    )
    return count_where(Session, LACKS["place"], places.IS_ASKED, has_passed.exists())


TASKS: Final[Sequence[Task]] = (
    Task(
        "failed-releases",
        URGENT,
        roles.PROGRAMME,
        count_where(ScheduledRelease, ScheduledRelease.state == FAILED),
        lambda n: ngettext(
            "scheduled release was not published", "scheduled releases were not published", n
        ),
        list_url("publishing.changes"),
    ),
    Task(
        "clashes",
        URGENT,
        roles.PROGRAMME,
        clashes.count_clashes,
        lambda n: ngettext("clash in the programme", "clashes in the programme", n),
        list_url("board.show"),
    ),
    Task(
        PROPOSALS,
        WAITING,
        roles.PROGRAMME,
        count_where(Proposal, Proposal.state == OPEN),
        lambda n: ngettext(
            "change from a speaker to approve", "changes from speakers to approve", n
        ),
        list_url("proposals.index", state="open"),
    ),
    Task(
        "materials",
        WAITING,
        roles.PROGRAMME,
        count_where(Session, LACKS["word"]),
        lambda n: ngettext(
            "session with slides or papers to approve",
            "sessions with slides or papers to approve",
            n,
        ),
        list_url("sessions.index", missing="word"),
    ),
    Task(
        "unpublished",
        WAITING,
        roles.PROGRAMME,
        queries.count_pending,
        lambda n: ngettext("unpublished change", "unpublished changes", n),
        list_url("publishing.changes"),
    ),
    Task(
        "uploads",
        WAITING,
        roles.PROGRAMME,
        _count_uploads(),
        lambda n: ngettext(
            "programme file that has not been loaded yet",
            "programme files that have not been loaded yet",
            n,
        ),
        list_url("import_export.show"),
    ),
    Task(
        "sessions-without-place",
        WAITING,
        roles.PROGRAMME,
        _count_sessions_without_place(),
        lambda n: ngettext(
            "session whose speakers have no place: decide whether to keep it",
            "sessions whose speakers have no place: decide whether to keep them",
            n,
        ),
        list_url("sessions.index", missing="place"),
    ),
    Task(
        "time",
        LATER,
        roles.PROGRAMME,
        count_where(Session, LACKS["time"]),
        lambda n: ngettext("session without a time", "sessions without a time", n),
        list_url("sessions.index", missing="time"),
    ),
    Task(
        "room",
        LATER,
        roles.PROGRAMME,
        count_where(Session, LACKS["room"]),
        lambda n: ngettext("session without a room", "sessions without a room", n),
        list_url("sessions.index", missing="room"),
    ),
    Task(
        "abstract",
        LATER,
        roles.PROGRAMME,
        count_where(Session, LACKS["abstract"]),
        lambda n: ngettext("session without an abstract", "sessions without an abstract", n),
        list_url("sessions.index", missing="abstract"),
        item="texts",
    ),
    Task(
        "speakers",
        LATER,
        roles.PROGRAMME,
        count_where(Session, LACKS["speakers"]),
        lambda n: ngettext("session without speakers", "sessions without speakers", n),
        list_url("sessions.index", missing="speakers"),
    ),
)
