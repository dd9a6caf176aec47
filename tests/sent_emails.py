"""The emails that the site has written, read as their readers will.

last_email_to("ada@example.org").text  the plain words of the last email to one person
subjects_to("ada@example.org")         what their emails are called, oldest first
find_link(email, "/booking/")          the address in an email that leads there
list_emails()                          who was written to, and what about, oldest first
last_email_text()                      the plain words of the last email to anybody
deliver_emails()                       send every email, as the worker does
"""

import re

from flask import current_app
from sqlalchemy import select

from app.database import db
from app.mail import transports, worker
from app.mail.models import Email as Written
from app.mail.worker import ShutdownSignal
from tests.mail_server import ReceivedEmail


def emails_to(email: str) -> list[ReceivedEmail]:
    """Read every letter to one person, oldest first."""
    rows = db.session.scalars(
        select(Written).where(Written.recipient == email).order_by(Written.id)
    )
    return [ReceivedEmail("", one.recipient, one.message, over_tls=False) for one in rows]


def last_email_to(email: str) -> ReceivedEmail:
    """Read the last letter to one person."""
    found = emails_to(email)
    assert found, f"no letter to {email}"
    return found[-1]


def subjects_to(email: str) -> list[str]:
    """List what the letters to one person are called."""
    mine = select(Written.subject).where(Written.recipient == email).order_by(Written.id)
    return list(db.session.scalars(mine))


def list_emails() -> list[tuple[str, str]]:
    """List who was written to and what the letter is called, oldest first."""
    found = db.session.scalars(select(Written).order_by(Written.id))
    return [(letter.recipient, letter.subject) for letter in found]


def last_email_text() -> str:
    """Read the last letter to anybody."""
    newest = db.session.scalars(select(Written).order_by(Written.id.desc())).first()
    assert newest is not None, "no letter was written"
    return last_email_to(newest.recipient).text


def find_link(email: ReceivedEmail, beginning: str) -> str:
    """Find the address in a letter whose path begins so, and give its path."""
    site = str(current_app.config["SITE_URL"])
    found = re.search(re.escape(site + beginning) + r"\S+", email.text)
    assert found, f"no link to {beginning} in:\n{email.text}"
    return found[0].removeprefix(site)


def deliver_emails() -> None:
    """Carry every letter that is due away."""
    db.session.commit()
    with ShutdownSignal() as bell:
        worker.MailWorker(transports.create_transport(current_app), bell).run_once()
