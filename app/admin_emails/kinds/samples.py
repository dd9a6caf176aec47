"""Invented people for the previews of many emails; nothing here is stored.

Each function returns the template variables of an email.
"""

from datetime import time, timedelta
from typing import Any, Final

from app.accounts import services as accounts
from app.delegates.models import Delegate
from app.registration import emails as booking_emails
from app.releases import current_release
from app.speakers.batch_emails import PLACEHOLDER_SECRET

Context = dict[str, Any]
DELEGATE_EMAIL, NEW_EMAIL = "alex@example.org", "alex.example@example.org"
SPEAKER_NAME, SPEAKER_EMAIL = "Robin Sample", "robin@example.org"
SESSION_TITLE = "An example of a session"
ROOM_NAME = "Room 1"
SESSION_TIME, SESSION_LENGTH = time(14), timedelta(hours=1)
SAMPLE_KEY: Final = "sample"  # opens no booking: real keys are random and longer


def nothing() -> Context:
    """Return no variables."""
    return {}


def build_delegate() -> Delegate:
    """Return an invented delegate who attends on every day."""
    conference = current_release.get_programme().conference
    days = (conference.ends_on - conference.starts_on).days + 1
    dates = (conference.starts_on + timedelta(days=number) for number in range(days))
    return Delegate(
        reference="SMPL2345",
        access_key=SAMPLE_KEY,
        given_names="Alex",
        family_name="Example",
        badge_name="Alex Example",
        email=DELEGATE_EMAIL,
        pending_email=NEW_EMAIL,
        pending_email_key=SAMPLE_KEY,
        organisation="Example University",
        country="GB",
        days=" ".join(day.isoformat() for day in dates),
        language="en",
        version=0,
    )


def booking() -> Context:
    """Return a booking."""
    return {"delegate": build_delegate()}


def ticket() -> Context:
    """Return a booking with its ticket."""
    delegate = build_delegate()
    return {
        "delegate": delegate,
        "are_needs_removed": False,
        "group": None,
        **booking_emails.ticket_context(delegate),
    }


def invitation_link() -> Context:
    """Return a link that signs no one in, and the days for which it would be valid."""
    return {"secret": PLACEHOLDER_SECRET, "days": accounts.INVITATION_LIFETIME.days}
