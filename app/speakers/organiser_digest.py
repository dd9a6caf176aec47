"""A gathered email to organisers about what speakers have sent and waits for approval.

It is sent at most once a day, and only if something has been sent since the last one. Somebody who
is still writing is not reported half-way: it waits until the first new change is half an hour old.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from app import cache_version, clock
from app.accounts import queries as accounts
from app.database import db, lock_table
from app.mail import services as mail
from app.mail.models import Email
from app.materials import queries as materials
from app.programme.models import Conference
from app.proposals import queries as proposals
from app.proposals.queries import ProposalFilter

TEMPLATE: Final = "changes_waiting"
MIN_INTERVAL: Final = timedelta(days=1)
GATHERING_TIME: Final = timedelta(minutes=30)
MAX_LISTED: Final = 20


@dataclass(frozen=True)
class WaitingChange:
    """A change that waits for approval: whose or what it is, and when it was sent."""

    name: str
    sent_at: datetime


def send_due() -> None:
    """Send the email if it is due; run by the worker, once even with several workers."""
    if not cache_version.is_clock_in_sync() or not _is_due(_list_waiting()):
        return
    lock_table(Conference)
    waiting = _list_waiting()
    if _is_due(waiting):
        for organiser in accounts.list_organisers():
            mail.enqueue(
                TEMPLATE, to=organiser.email, waiting=waiting[:MAX_LISTED], total=len(waiting)
            )


def _list_waiting() -> Sequence[WaitingChange]:
    """List what waits, oldest first."""
    reviews = proposals.list_reviews(
        ProposalFilter(state="open"), "sent", is_reversed=False, offset=0, limit=None
    )
    found = [WaitingChange(one.proposal.entity_name, one.proposal.sent_at) for one in reviews]
    for material in materials.list_awaiting_release():
        name = f"{material.session.title}: {material.title}"
        found.append(WaitingChange(name, material.created_at))
    return sorted(found, key=lambda one: one.sent_at)


def _is_due(waiting: Sequence[WaitingChange]) -> bool:
    last, now = _last_sent_at(), clock.now()
    if last is not None and now - last < MIN_INTERVAL:
        return False
    new = [one.sent_at for one in waiting if last is None or one.sent_at > last]
    return bool(new) and min(new) <= now - GATHERING_TIME


def _last_sent_at() -> datetime | None:
    """Return when the last one was written, by the site's clock; emails have real times."""
    written = db.session.scalar(
        select(func.max(Email.created_at)).where(Email.template == TEMPLATE)
    )
    return None if written is None else clock.now() - (clock.real_now() - written)
