"""The emails that failed last, for the dashboard: why, and which booking has the address."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import defer

from app.admin_emails import readable_emails
from app.database import db
from app.delegates.models import Delegate
from app.delegates.queries import ATTENDING
from app.mail.models import Email
from app.mail.queries import IS_FAILED

MAX_ON_DASHBOARD: Final = 3


class FailedEmail(NamedTuple):
    """An email that was not delivered."""

    email: Email
    reference: str | None  # of the booking with this address


def list_latest() -> Sequence[FailedEmail]:
    """Return the emails that failed last, newest first."""
    still_has_it = and_(
        Delegate.reference == Email.booking_reference,
        Delegate.email_key == func.lower(Email.recipient),
        ATTENDING,
    )
    rows = (
        select(Email, Delegate.reference)
        .outerjoin(Delegate, still_has_it)
        .where(IS_FAILED, *readable_emails.list_conditions())
        .order_by(Email.id.desc())
        .limit(MAX_ON_DASHBOARD)
        .options(defer(Email.message))
    )
    return [FailedEmail(*row) for row in db.session.execute(rows)]
