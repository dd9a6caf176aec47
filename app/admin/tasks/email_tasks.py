"""Tasks about emails: failed deliveries, replies to read, group emails and notices."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from flask_babel import ngettext
from sqlalchemy import ColumnElement, String, bindparam, cast, func, select

from app import clock
from app.accounts import roles
from app.admin.mailings.send_views import describe_next
from app.admin.tasks.open_tasks import URGENT, WAITING, Task, count_where, list_url
from app.delegates.models import Delegate
from app.mail.models import BOUNCED, Email, EmailReply, SuppressedAddress
from app.mail.queries import IS_FAILED, IS_WAITING
from app.mailings import notice_models
from app.mailings.models import SCHEDULED, SENDING, Mailing
from app.mailings.notice_models import ChangeNotice

SLOW_AFTER = timedelta(minutes=10)  # normally the worker delivers within a second
FAILED_EMAILS: Final = "failed-emails"


IS_SLOW: Final = IS_WAITING & (
    Email.created_at
    < bindparam(
        "slow_since",
        callable_=lambda: clock.real_now() - SLOW_AFTER,
        type_=Email.created_at.type,
    )
)


def _count_returned_addresses() -> ColumnElement[int]:
    """Return the subquery that counts the addresses of delegates that cannot receive emails."""
    address = Delegate.email_key
    is_returned = (
        select(SuppressedAddress.id)
        .where(SuppressedAddress.address == address, SuppressedAddress.reason == BOUNCED)
        .correlate(Delegate)
        .exists()
    )
    return (
        select(func.count(address.distinct()))
        .where(Delegate.cancelled_at.is_(None), is_returned)
        .scalar_subquery()
    )


def _measure_notice() -> ColumnElement[str]:
    """Return the subquery for the numbers of people and changes of the next notice: "12 3"."""
    size = cast(ChangeNotice.people, String) + " " + cast(ChangeNotice.changes, String)
    newest = select(size).where(notice_models.IS_OPEN)
    return newest.order_by(ChangeNotice.id.desc()).limit(1).scalar_subquery()


def _read_people(size: str | None) -> int:
    return int((size or "0").partition(" ")[0])


def _describe_notice(size: str) -> str:
    people, changes = map(int, size.split())
    words = ngettext("%(num)s change", "%(num)s changes", changes)
    sentence: str = ngettext(
        "person to notify of %(changes)s",
        "people to notify of %(changes)s",
        people,
        changes=words,
    )
    return sentence


TASKS: Final[Sequence[Task]] = (
    Task(
        FAILED_EMAILS,
        URGENT,
        roles.DELEGATES,
        count_where(Email, IS_FAILED),
        lambda n: ngettext("email could not be delivered", "emails could not be delivered", n),
        list_url("emails.index", state="failed"),
    ),
    Task(
        "slow-emails",
        URGENT,
        roles.DELEGATES,
        count_where(Email, IS_SLOW),
        lambda n: ngettext(
            "email has been waiting too long to be sent",
            "emails have been waiting too long to be sent",
            n,
        ),
        list_url("emails.index", state="waiting"),
    ),
    Task(
        "replies",
        WAITING,
        roles.DELEGATES,
        count_where(EmailReply, EmailReply.read_at.is_(None)),
        lambda n: ngettext("reply to read", "replies to read", n),
        list_url("replies.index", state="unread"),
    ),
    Task(
        "returned-addresses",
        WAITING,
        roles.DELEGATES,
        _count_returned_addresses(),
        lambda n: ngettext(
            "delegate whose emails are returned: correct the address",
            "delegates whose emails are returned: correct their addresses",
            n,
        ),
        list_url("suppression.index", reason=BOUNCED),
    ),
    Task(
        "mailings",
        WAITING,
        roles.MAILINGS,
        count_where(Mailing, Mailing.state.in_([SCHEDULED, SENDING])),
        lambda _: describe_next(),
        list_url("mailings.index"),
        is_counted=False,
    ),
    Task(
        "notices",
        WAITING,
        roles.MAILINGS,
        _measure_notice(),
        lambda n: ngettext("person to notify of changes", "people to notify of changes", n),
        list_url("notices.index"),
        read=_read_people,
        describe=_describe_notice,
    ),
)
