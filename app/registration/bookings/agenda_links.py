"""The agenda that a delegate saves with a booking, and emails about its sessions."""

from sqlalchemy import delete

from app import clock
from app.agenda.models import Agenda
from app.database import db
from app.delegates.models import Delegate, LinkedAgenda
from app.errors import RuleViolation
from app.history import services as history
from app.registration.bookings import queries
from app.registration.bookings.operations import lock, record


def link_agenda(delegate: Delegate, agenda: Agenda, *, allows_emails: bool = False) -> None:
    """Link an agenda to a booking, replacing any that was linked before."""
    lock(delegate)
    unlink_agenda(delegate)
    db.session.flush()
    db.session.add(LinkedAgenda(delegate_id=delegate.id, agenda=agenda))
    if allows_emails:
        allow_agenda_emails(delegate, is_allowed=True)


def allow_agenda_emails(delegate: Delegate, *, is_allowed: bool) -> None:
    """Record whether a delegate agrees to emails about the sessions in the linked agenda."""
    lock(delegate)
    db.session.flush()
    link = queries.find_agenda_link(delegate)
    if link is None:
        raise RuleViolation("No agenda is saved with this booking")
    if is_allowed != (link.emails_agreed_at is not None):
        link.emails_agreed_at = clock.now() if is_allowed else None
        verb = "Agreed to" if is_allowed else "Stopped"
        record(delegate, f"{verb} emails about the sessions in the agenda", history.ACTOR_DELEGATE)


def unlink_agenda(delegate: Delegate) -> None:
    """Unlink the agenda from a booking; the agenda itself remains."""
    db.session.execute(delete(LinkedAgenda).where(LinkedAgenda.delegate_id == delegate.id))
