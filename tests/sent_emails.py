"""The emails that the site has written, read as their readers will.

last_email_to("ada@example.org").text  the plain words of the last email to one person
subjects_to("ada@example.org")         what their emails are called, oldest first
find_link(email, "/booking/")          the address in an email that leads there
find_sign_in_link(row)                 the whole link with which somebody signs in
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


def list_emails_to(email: str) -> list[ReceivedEmail]:
    """Read every email to one person, oldest first."""
    rows = db.session.scalars(
        select(Written).where(Written.recipient == email).order_by(Written.id)
    )
    return [read_email(one) for one in rows]


def read_email(row: Written) -> ReceivedEmail:
    """Read an email as it was stored."""
    return ReceivedEmail("", row.recipient, row.message, over_tls=False)


def get_last_email_to(email: str) -> ReceivedEmail:
    """Read the last email to one person."""
    found = list_emails_to(email)
    assert found, f"no email to {email}"
    return found[-1]


def list_subjects_to(email: str) -> list[str]:
    """List the subjects of the emails to one person."""
    mine = select(Written.subject).where(Written.recipient == email).order_by(Written.id)
    return list(db.session.scalars(mine))


def list_emails() -> list[tuple[str, str]]:
    """List recipients and subjects, oldest first."""
    found = db.session.scalars(select(Written).order_by(Written.id))
    return [(email.recipient, email.subject) for email in found]


def last_email_text() -> str:
    """Return the text of the last email."""
    newest = db.session.scalars(select(Written).order_by(Written.id.desc())).first()
    assert newest is not None, "no email was written"
    return get_last_email_to(newest.recipient).text


def find_link(email: ReceivedEmail, beginning: str) -> str:
    """Find the link in an email whose path begins so, and return its path."""
    site = str(current_app.config["SITE_URL"])
    found = re.search(re.escape(site + beginning) + r"\S+", email.text)
    assert found, f"no link to {beginning} in:\n{email.text}"
    return found[0].removeprefix(site)


def find_sign_in_link(row: Written) -> str:
    """Find the sign-in link in a stored email."""
    text = read_email(row).text
    found = re.search(r"https://conference\.example/sign-in/\S+", text)
    assert found is not None, text
    return found[0]


def deliver_emails() -> None:
    """Send every email that is due."""
    db.session.commit()
    with ShutdownSignal() as bell:
        worker.MailWorker(transports.create_transport(current_app), bell).run_once()
