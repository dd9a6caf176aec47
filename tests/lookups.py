"""What the database keeps, found by what people call it."""

from sqlalchemy import select

from app.database import db
from app.delegates.fields import BY_NAME
from app.delegates.models import Delegate
from app.history.models import HistoryEntry
from app.programme.models import Session
from app.registration import integrity_check, links


def get_session(slug: str) -> Session:
    """Find a session by the end of its address."""
    return db.session.scalars(select(Session).where(Session.slug == slug)).one()


def booking_url(delegate: Delegate, below: str = "") -> str:
    """Return the URL of a booking, or of a page below it."""
    return f"/booking/{links.booking_token(delegate)}{below}"


def list_count_errors() -> list[str]:
    """List what does not add up, besides what emails say."""
    return [one for one in integrity_check.run_checks() if "email" not in one]


def get_requirements(delegate: Delegate) -> tuple[str, str]:
    """Read what a delegate has written about access and food."""
    return BY_NAME["access_needs"].get(delegate), BY_NAME["dietary_needs"].get(delegate)


def list_history(subject: str) -> list[str]:
    """List what the history says of a subject, oldest first."""
    entries = select(HistoryEntry.summary).where(HistoryEntry.subject == subject)
    return list(db.session.scalars(entries.order_by(HistoryEntry.id)))


def list_history_of_person(email: str) -> list[str]:
    """List the history summaries of an account, oldest first."""
    return list_history(f"person {email}")
