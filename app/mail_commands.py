"""Operators' commands about emails: will they arrive, and which have bounced."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app import cache_version
from app.errors import ConferenceError, RuleViolation
from app.mail import check as mail_check
from app.mail import imap_inbox, mailbox_files
from app.mail.bounce_reports import MAX_REPORT_SIZE
from app.registration.desk import services as desk


def init_app(app: Flask) -> None:
    """Register the commands with the application."""
    app.cli.add_command(check_mail)
    app.cli.add_command(receive_bounce)


@click.command("check-mail")
@click.option("--to", "recipient", metavar="EMAIL", help="Also send a test email to EMAIL.")
@with_appcontext
def check_mail(recipient: str | None) -> None:
    """Check whether emails will arrive; exit with status 1 if there are problems."""
    findings = mail_check.check_all()
    if recipient is not None:
        findings.append(mail_check.send_test(recipient))
    for finding in findings:
        click.echo(f"{finding.part}: {finding.sentence}")
    if any(finding.state == mail_check.PROBLEM for finding in findings):
        raise SystemExit(1)


@click.command("receive-bounce")
@click.option(
    "--maildir",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read the new messages in a Maildir folder, and mark them as seen.",
)
@click.option(
    "--mbox",
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="Read the new messages in an mbox file, or in each mbox file of a folder.",
)
@click.option("--imap", is_flag=True, help="Read the new messages in the mailbox of the settings.")
@with_appcontext
def receive_bounce(maildir: Path | None, mbox: Path | None, *, imap: bool) -> None:
    """Read a report of failed delivery from standard input, and mark the email it is about."""
    cache_version.follow_database_clock()
    try:
        returned = list(_receive_bounces(maildir, mbox, is_imap=imap))
    except ConferenceError as refusal:
        raise click.ClickException(str(refusal)) from None
    label = "returned or replied" if current_app.config["MAIL_INBOX_REPLIES"] else "returned"
    click.echo(f"{sum(returned)} {label}, {len(returned) - sum(returned)} ignored")


def get_inbox_handler() -> mailbox_files.Handler:
    """Return the handler for messages of a mailbox: reports and, if enabled, replies."""
    is_wanted = current_app.config["MAIL_INBOX_REPLIES"]
    return desk.receive_message if is_wanted else desk.receive_bounce


def _receive_bounces(maildir: Path | None, mbox: Path | None, *, is_imap: bool) -> Iterator[bool]:
    """Yield for each new message whether it was useful."""
    handler = get_inbox_handler()
    if maildir is not None:
        yield from mailbox_files.read_maildir(
            maildir, handler, marks_all=not current_app.config["MAIL_INBOX_REPLIES"]
        )
    if mbox is not None:
        yield from mailbox_files.read_mbox(mbox, handler)
    if is_imap:
        yield from _receive_from_imap(handler)
    if maildir is None and mbox is None and not is_imap:
        raw = sys.stdin.buffer.read(MAX_REPORT_SIZE)
        while sys.stdin.buffer.read(MAX_REPORT_SIZE):  # else the mail server sees a broken pipe
            pass
        yield mailbox_files.handle(raw, handler)


def _receive_from_imap(handler: mailbox_files.Handler) -> Iterator[bool]:
    if not imap_inbox.is_configured(current_app):
        raise RuleViolation("IMAP_SERVER is not set, so there is no mailbox to read")
    results: list[bool] = []

    def receive(raw: bytes) -> bool:
        results.append(handler(raw))
        return results[-1]

    while imap_inbox.read_batch(receive) >= imap_inbox.BATCH_SIZE:
        pass
    yield from results
