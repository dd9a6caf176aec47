"""Which emails, and which history entries, the current user may see.

The fact that a person got an email can reveal what not every role may know: their requirements, or
how they answered. A type of email may therefore need an area (``EmailKind.area``), and a group
email is shown only to users who may use the filters that chose its recipients. History entries
about requirements and about such a group email are hidden with them.
"""

from collections.abc import Collection
from urllib.parse import parse_qsl

from sqlalchemy import ColumnElement, String, cast, literal, select

from app.accounts import guards, roles
from app.admin_emails.kinds.registry import EMAIL_KINDS
from app.admin_kit import saved_views
from app.database import db
from app.history.models import HistoryEntry
from app.mail import queries as mail
from app.mail.models import Email, EmailReply
from app.mailings import audiences
from app.mailings.models import HISTORY_PREFIX, TEMPLATE, Mailing, MailingRecipient
from app.registration.requirement_history import IS_ABOUT_REQUIREMENTS

Conditions = tuple[ColumnElement[bool], ...]


def list_hidden_kinds() -> Collection[str]:
    """List the types of email that the current user may not see."""
    return [
        template
        for template, kind in EMAIL_KINDS.items()
        if kind.area is not None and not guards.can_read(kind.area)
    ]


def can_use_filters(audience_name: str, query: str) -> bool:
    """Return True if the current user may use the filters that choose the people for an email."""
    audience = audiences.AUDIENCES.get(audience_name)
    kind = saved_views.LISTS.get(audience.list_name) if audience else None
    return kind is None or not kind.list_forbidden(dict(parse_qsl(query)).keys())


def list_conditions() -> Conditions:
    """List the conditions of visible emails; none for users who may see all.

    If a group email is hidden, so is any email that cannot be traced to one, such as one that was
    sent again.
    """
    if all(map(guards.can_read, roles.PRIVATE_AREAS)):
        return ()
    kinds, hidden = list_hidden_kinds(), list_hidden_mailings()
    conditions: list[ColumnElement[bool]] = [Email.template.not_in(kinds)] if kinds else []
    if hidden:
        is_of_other = select(MailingRecipient.id).where(
            MailingRecipient.email_id == Email.id, MailingRecipient.mailing_id.not_in(hidden)
        )
        conditions.append((Email.template != TEMPLATE) | is_of_other.correlate(Email).exists())
    return tuple(conditions)


def list_hidden_mailings() -> Collection[int]:
    """Return the numbers of the group emails that the person signed in may not see."""
    if all(map(guards.can_read, roles.PRIVATE_AREAS)):
        return ()
    chosen = select(Mailing.id, Mailing.audience, Mailing.query).where(Mailing.query != "")
    rows = db.session.execute(chosen).tuples()
    return [number for number, audience, query in rows if not can_use_filters(audience, query)]


def list_hidden_entries() -> Conditions:
    """Return the conditions of the history entries that the current user may not see."""
    return (*list_hidden_requirement_entries(), *_list_hidden_mailing_entries())


def list_hidden_requirement_entries() -> Conditions:
    """Return the condition of the entries about requirements, if they are hidden.

    It is the same object each time, so that statements with it can be cached.
    """
    return () if guards.can_read(roles.REQUIREMENT_CASES) else (IS_ABOUT_REQUIREMENTS,)


def _list_hidden_mailing_entries() -> Conditions:
    """Hide what names the subject of a hidden group email.

    Nobody can tell any more whether one that was deleted was hidden, so it is.
    """
    if all(map(guards.can_read, roles.PRIVATE_AREAS)):
        return ()
    is_readable = Mailing.id.not_in(list_hidden_mailings())
    readable = select(literal(HISTORY_PREFIX) + cast(Mailing.id, String)).where(is_readable)
    is_about_mailing = HistoryEntry.subject.startswith(HISTORY_PREFIX)
    return (is_about_mailing & HistoryEntry.subject.not_in(readable),)


def list_reply_conditions() -> Conditions:
    """List the conditions of visible replies: those to visible emails."""
    conditions = list_conditions()
    if not conditions:
        return ()
    answered = select(Email.id).where(Email.id == EmailReply.email_id, *conditions)
    is_about_nobody = EmailReply.email_id.is_(None) & (EmailReply.booking_reference == "")
    return (is_about_nobody | answered.correlate(EmailReply).exists(),)


def get_email(number: int) -> Email:
    """Return an email; refuse users who may not see it."""
    email, conditions = mail.get_email(number), list_conditions()
    if conditions:
        is_visible = select(Email.id).where(Email.id == number, *conditions).exists()
        if not db.session.scalar(select(is_visible)):
            guards.deny(
                roles.REQUIREMENT_CASES.read_roles,
                "Your role does not give you access to this page",
            )
    return email
